//! The cards of a server: models, memory and UUIDs.

use crate::allocator::model::gpu::{GpuId, gpu_ids};
use bytesize::ByteSize;
use std::borrow::Cow;

/// One value for all GPUs of a server, or one for each, by its ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerGpu<T> {
    /// They are alike.
    All(T),
    /// They differ.
    List(Vec<T>),
}

impl<T> PerGpu<T> {
    /// The value of that GPU.
    pub fn of(&self, gpu: GpuId) -> Option<&T> {
        match self {
            Self::All(value) => Some(value),
            Self::List(values) => values.get(usize::from(gpu)),
        }
    }

    /// The shorter way to write these down; none if there are none.
    pub fn shortest(values: Vec<T>) -> Option<Self>
    where
        T: PartialEq,
    {
        let alike = values.windows(2).all(|pair| pair[0] == pair[1]);
        match alike {
            true => values.into_iter().next().map(Self::All),
            false => Some(Self::List(values)),
        }
    }
}

/// The known properties of a server's GPUs. Each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cards {
    /// As the driver calls them; empty where it did not tell.
    pub models: Option<PerGpu<String>>,
    /// All of their memory; nothing where the driver did not tell.
    pub memory: Option<PerGpu<ByteSize>>,
    /// What tells each card from any other, by its ID; empty where that is not known.
    pub uuids: Vec<String>,
}

impl Cards {
    /// Returns these properties of that many GPUs, and those of `before` where these are missing.
    #[must_use]
    pub fn or(&self, before: &Self, gpus: u32) -> Self {
        let ids = || gpu_ids(gpus);
        let model = |cards: &Self, gpu| cards.models.as_ref().and_then(|all| all.of(gpu)).cloned();
        let memory = |cards: &Self, gpu| cards.memory.as_ref().and_then(|all| all.of(gpu)).copied();
        let known = |size: &ByteSize| size.as_u64() > 0;
        let models = ids().map(|gpu| {
            let now = model(self, gpu).filter(|model| !model.is_empty());
            now.or_else(|| model(before, gpu)).unwrap_or_default()
        });
        let sizes = ids().map(|gpu| {
            let now = memory(self, gpu).filter(known);
            now.or_else(|| memory(before, gpu)).unwrap_or(ByteSize(0))
        });
        let uuids = ids().map(|gpu| {
            let uuid = self.uuid(gpu).or_else(|| before.uuid(gpu));
            uuid.unwrap_or_default().to_owned()
        });
        Self {
            models: PerGpu::shortest(models.collect()),
            memory: PerGpu::shortest(sizes.collect()),
            uuids: uuids.collect(),
        }
    }

    /// The one card that is to be there, if that is known.
    pub fn uuid(&self, gpu: GpuId) -> Option<&str> {
        let uuid = self.uuids.get(usize::from(gpu))?;
        Some(uuid.as_str()).filter(|uuid| !uuid.is_empty())
    }
}

/// The kind of GPUs that a request wants. The default is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GpuKind {
    /// The model's name contains this, in capitals or not.
    pub model: Option<String>,
    /// They have that much memory each, or more.
    pub memory: Option<ByteSize>,
}

impl GpuKind {
    /// Whether that GPU is of this kind, for certain.
    pub fn is(&self, cards: &Cards, gpu: GpuId) -> bool {
        let is_model = |wanted: &String| {
            let model = cards.models.as_ref().and_then(|models| models.of(gpu));
            model.is_some_and(|model| model.to_lowercase().contains(&wanted.to_lowercase()))
        };
        let suffices = |wanted: &ByteSize| {
            let memory = cards.memory.as_ref().and_then(|memory| memory.of(gpu));
            memory.is_some_and(|memory| memory >= wanted)
        };
        self.model.as_ref().is_none_or(is_model) && self.memory.as_ref().is_none_or(suffices)
    }

    pub(in crate::allocator) fn is_any(&self) -> bool {
        self.model.is_none() && self.memory.is_none()
    }

    /// Returns the GPUs of this list that are of this kind.
    pub(in crate::allocator) fn among<'g>(
        &self,
        cards: &Cards,
        gpus: &'g [GpuId],
    ) -> Cow<'g, [GpuId]> {
        if self.is_any() {
            return Cow::Borrowed(gpus);
        }
        let gpus = gpus.iter().copied();
        Cow::Owned(gpus.filter(|gpu| self.is(cards, *gpu)).collect())
    }
}
