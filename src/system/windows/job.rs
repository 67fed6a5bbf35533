//! The job that the command and all that it starts are in.

use super::done;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::OnceLock;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// How many members are told of.
const MOST_MEMBERS: usize = 64;

/// This process's job, which it is not in itself. Only this process has it open, and never closes
/// it, so the system ends all members when this process ends, however it does.
static JOB: OnceLock<Job> = OnceLock::new();

pub(super) struct Job(OwnedHandle);

/// Keeps this process from ever having more memory than that: what it cannot get ends it. Where it
/// cannot be limited it goes on without.
#[allow(unsafe_code, reason = "a process has no other name for itself")]
pub(crate) fn confine(memory: u64) {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.ProcessMemoryLimit = usize::try_from(memory).unwrap_or(usize::MAX);
    if let Ok(job) = Job::make(limits) {
        // SAFETY: what stands for this process always does.
        let itself = unsafe { BorrowedHandle::borrow_raw(GetCurrentProcess()) };
        // The limit lives as long as who is in the job, whoever has that open.
        let _ = job.add(&itself);
    }
}

/// What the system tells of the members; its own declaration has room for one.
#[repr(C)]
struct Members {
    assigned: u32,
    listed: u32,
    ids: [usize; MOST_MEMBERS],
}

impl Job {
    /// The job, made if need be.
    pub(super) fn get() -> io::Result<&'static Self> {
        match Self::made() {
            Some(job) => Ok(job),
            None => {
                let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
                limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
                let made = Self::make(limits)?;
                Ok(JOB.get_or_init(|| made))
            }
        }
    }

    /// The job, if anything was started in it.
    pub(super) fn made() -> Option<&'static Self> {
        JOB.get()
    }

    #[allow(unsafe_code, reason = "the standard library has no jobs")]
    fn make(limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION) -> io::Result<Self> {
        let size = size_of_val(&limits) as u32;
        // SAFETY: a handle that is not null is new, and nobody else's; the limits are as large as
        // the system is told.
        unsafe {
            let handle = CreateJobObjectW(ptr::null(), ptr::null());
            if handle.is_null() {
                return Err(io::Error::last_os_error());
            }
            let job = OwnedHandle::from_raw_handle(handle);
            done(SetInformationJobObject(
                handle,
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size,
            ))?;
            Ok(Self(job))
        }
    }

    /// Puts a process in it, and with it all that this starts from then on.
    #[allow(unsafe_code, reason = "the standard library has no jobs")]
    pub(super) fn add(&self, process: &impl AsHandle) -> io::Result<()> {
        let process = process.as_handle().as_raw_handle();
        // SAFETY: both handles are open.
        done(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) })
    }

    /// The process IDs of those in it that live.
    #[allow(
        unsafe_code,
        reason = "the system's own question, which changes nothing"
    )]
    pub(super) fn members(&self) -> Vec<u32> {
        let mut members = Members {
            assigned: 0,
            listed: 0,
            ids: [0; MOST_MEMBERS],
        };
        // SAFETY: the handle is open, and the system fills in what is as large as it is told.
        unsafe {
            // That there are more is told as a failure, but those that fit are listed.
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicProcessIdList,
                (&raw mut members).cast(),
                size_of::<Members>() as u32,
                ptr::null_mut(),
            );
        }
        let listed = members.ids.into_iter().take(members.listed as usize);
        listed.filter_map(|id| u32::try_from(id).ok()).collect()
    }
}
