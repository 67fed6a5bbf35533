//! The IDs of GPUs.

/// A device ID on its server, as `CUDA_VISIBLE_DEVICES` counts them.
pub type GpuId = u16;

/// The IDs of that many GPUs; a server never has more than an ID can count.
pub(in crate::allocator) fn gpu_ids(count: u32) -> std::ops::Range<GpuId> {
    0..GpuId::try_from(count).unwrap_or(GpuId::MAX)
}
