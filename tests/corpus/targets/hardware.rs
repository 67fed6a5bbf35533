//! What a sampler tells of the GPUs, and what is granted then.

#[path = "../../../src/gpus/answers.rs"]
mod answers;

use answers::{Answers, Line, Process, Trouble, gather, lines};
use bytesize::ByteSize;
use gpumgr::allocator::{
    self, Cards, Cluster, ClusterSpec, Cpus, Device, Devices, Facts, Gpus, Limits, Occupant,
    Reading, Request, Run, Sample, ServerSpec, Timestamp, Unreadable,
};
use std::sync::mpsc::RecvTimeoutError;

const GPUS: u16 = 4;
const IDLE_MEMORY: u64 = 1 << 20;

/// The first byte says what is known and trusted, all others are the sampler's.
pub fn check(data: &[u8]) {
    let Some((flags, output)) = data.split_first() else {
        return;
    };
    let (knows_cards, trust_bookkeeping) = (flags & 1 != 0, flags & 2 != 0);
    let mut told = lines(output);
    let answers = gather(|| told.next().ok_or(RecvTimeoutError::Disconnected));
    let devices: Devices = match answers {
        Ok(answers) | Err(Trouble::Partly(answers)) => {
            assert_in_place(&answers, output);
            Ok(answers.into_iter().map(device).collect())
        }
        Err(Trouble::Nothing(why)) => Err(why),
        Err(Trouble::NoDriver(why)) => return assert!(why.len() <= output.len()),
    };
    let sample = Sample {
        devices,
        trust_bookkeeping,
        idle_memory: ByteSize::b(IDLE_MEMORY),
    };
    let free: Vec<_> = (0..GPUS)
        .filter(|gpu| is_free(*gpu, knows_cards, &sample))
        .collect();

    let mut cluster = cluster(knows_cards);
    let facts = Facts {
        host: Some("here".to_owned()),
        sample: Some(sample),
        ..Facts::at(now())
    };
    let limits = Limits::default();
    allocator::advance(&mut cluster, &facts, &limits);
    let mut granted = Vec::new();
    for number in 0..GPUS {
        let task = format!("task {number}").parse().unwrap();
        let request = Request::new(task, Gpus::Count(1), Cpus::PerGpu);
        let grant = allocator::allocate(&mut cluster, &request, &limits, now());
        granted.extend(grant.into_iter().flat_map(|grant| grant.gpus));
    }
    assert_eq!(granted, free);
    cluster.check().unwrap();
}

/// Whatever is said of a device was said of that one.
fn assert_in_place(answers: &Answers, output: &[u8]) {
    let said: Vec<_> = lines(output)
        .filter_map(|line| match line {
            Line::Device(index, device) => Some((index as usize, format!("{device:?}"))),
            _ => None,
        })
        .collect();
    for (index, answer) in answers.iter().enumerate() {
        let is_said = said.contains(&(index, format!("{answer:?}")));
        assert!(is_said || answer.is_err(), "{index}");
    }
}

/// The rules of docs/gpus.md, said once more.
fn is_free(gpu: u16, knows_cards: bool, sample: &Sample) -> bool {
    let trusted = sample.trust_bookkeeping;
    let Ok(devices) = &sample.devices else {
        return trusted;
    };
    let device = match devices.get(usize::from(gpu)) {
        None => return false,
        Some(Err(_)) => return trusted,
        Some(Ok(device)) => device,
    };
    if knows_cards {
        match &device.uuid {
            Err(_) => return trusted,
            Ok(uuid) if *uuid != card(gpu) => return false,
            Ok(_) => {}
        }
    }
    let Ok(processes) = &device.processes else {
        return trusted;
    };
    if processes.iter().any(|process| !process.ignored) {
        return false;
    }
    let explained: Option<u128> = processes
        .iter()
        .map(|process| process.memory.map(u128::from))
        .sum();
    match (&device.memory, explained) {
        (Err(Unreadable::NotTold), _) => true,
        (Err(_), _) => trusted,
        (Ok(_), None) => true,
        (Ok(memory), Some(explained)) => {
            let known = explained + u128::from(device.drawing) + u128::from(IDLE_MEMORY);
            u128::from(memory.used) <= known
        }
    }
}

fn now() -> Timestamp {
    "2026-01-31T09:00:00+09:00".parse().unwrap()
}

fn card(gpu: u16) -> String {
    format!("GPU-{gpu}")
}

fn cluster(knows_cards: bool) -> Cluster {
    let uuids = (0..GPUS).filter(|_| knows_cards).map(card).collect();
    let server = ServerSpec {
        name: "server".parse().unwrap(),
        gpus: GPUS.into(),
        cpus: 64,
        drain: false,
        host: None,
        cards: Cards {
            uuids,
            ..Cards::default()
        },
    };
    Cluster::fresh(&ClusterSpec::new(vec![server]).unwrap())
}

/// What the system would say of the processes depends on the machine: here, those of odd IDs are
/// ignored.
fn device(answer: Reading<Box<Device<Process>>>) -> Reading<Device> {
    let device = *answer?;
    let occupant = |Process { pid, memory }: Process| Occupant {
        pid,
        memory,
        user: None,
        command: None,
        age: None,
        lineage: Vec::new(),
        run: Run::Outside,
        namespace: None,
        ignored: pid % 2 == 1,
    };
    let processes = device.processes;
    Ok(Device {
        uuid: device.uuid,
        model: device.model,
        memory: device.memory,
        utilization: device.utilization,
        temperature: device.temperature,
        power: device.power,
        processes: processes.map(|processes| processes.into_iter().map(occupant).collect()),
        drawing: device.drawing,
    })
}
