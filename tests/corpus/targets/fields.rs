//! What a state file says that gpumgr does not know, and where.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

const FILE: [&str; 4] = ["servers", "last_updated", "version", "queue"];
const SERVER: [&str; 12] = [
    "server_id",
    "server_name",
    "total_gpus",
    "available_gpus",
    "total_cpus",
    "available_cpus",
    "drain",
    "host",
    "gpu_model",
    "gpu_memory",
    "gpu_uuids",
    "running_tasks",
];

const STEP: [&str; 6] = ["lease", "parent", "since", "gpu_ids", "cpus", "waits_for"];

pub(super) const TASK_FIELDS: [&str; 11] = [
    "task_id",
    "allocated_gpus",
    "allocated_cpus",
    "start_time",
    "owner",
    "end_time",
    "ttl_seconds",
    "lease",
    "idle_since",
    "program",
    "steps",
];

/// The keys and values of an object as they are written, in their order.
struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Object {
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn get<'o, T: Deserialize<'o>>(&'o self, key: &str) -> Option<T> {
        let (_, value) = self.0.iter().find(|(name, _)| name == key)?;
        serde_json::from_str(value.get()).unwrap()
    }

    fn list(&self, key: &str) -> Vec<Self> {
        let items: Option<Vec<Box<RawValue>>> = self.get(key);
        let items = items.unwrap_or_default();
        items.iter().map(|item| Self::of(item.get())).collect()
    }
}

/// Who has which fields, as they are written: of the file, of a server and of a step the unknown ones;
/// of tasks and waiters all.
pub(super) type Kept = BTreeMap<String, Vec<(String, String)>>;

pub(super) fn kept(text: &str) -> Kept {
    let mut kept = Kept::new();
    let mut add = |whose: String, object: &Object, known: &[&str]| {
        let fields = object.0.iter();
        let unknown = fields.filter(|(key, _)| !known.contains(&key.as_str()));
        let fields = unknown.map(|(key, value)| (key.clone(), value.get().to_owned()));
        kept.insert(whose, fields.collect());
    };
    let file = Object::of(text);
    add("file".to_owned(), &file, &FILE);
    for server in file.list("servers") {
        let name: Option<String> = server.get("server_name");
        add(format!("server {name:?}"), &server, &SERVER);
        for task in server.list("running_tasks") {
            let name: Option<String> = task.get("task_id");
            add(format!("task {name:?}"), &task, &["steps"]);
            for step in task.list("steps") {
                let lease: Object = step.get("lease").unwrap();
                let id: Option<String> = lease.get("id");
                add(format!("step {id:?} of {name:?}"), &step, &STEP);
            }
        }
    }
    for waiter in file.list("queue") {
        let lease: Object = waiter.get("lease").unwrap();
        let id: Option<String> = lease.get("id");
        // Whose turn is next may change with any change.
        add(format!("waiter {id:?}"), &waiter, &["reserved_server"]);
    }
    kept
}
