//! Who uses a GPU locks its file, as no second one can: what is granted twice is found out, also by
//! commands, and whoever dies uses it no longer.

use fs4::FileExt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub(super) struct Uses {
    folder: PathBuf,
}

impl Uses {
    pub(super) fn new(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        Self {
            folder: folder.to_owned(),
        }
    }

    /// In use until what is returned is dropped; panics if somebody uses any of them.
    pub(super) fn of(&self, task: &str, gpus: &[u64]) -> Vec<File> {
        let lock = |gpu: &u64| {
            let file = File::create(self.folder.join(gpu.to_string())).unwrap();
            let locked = FileExt::try_lock(&file);
            assert!(locked.is_ok(), "GPU {gpu} was granted to {task}, too");
            file
        };
        gpus.iter().map(lock).collect()
    }

    /// A command that uses what it is given for a moment; its exit code tells whether somebody did.
    pub(super) fn command(&self) -> String {
        format!(
            "set -f; IFS=,; for gpu in $CUDA_VISIBLE_DEVICES; do
                exec 9>{0}/$gpu; flock -n 9 || exit {TWICE}; sleep 0.05; exec 9>&-
            done",
            self.folder.display()
        )
    }
}

/// How the command ends where somebody else used it.
pub(super) const TWICE: i32 = 99;
