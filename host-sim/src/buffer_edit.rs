//! How `proxy_set_buffer_bytes` changes the bytes of a stream.

use crate::abi::Status;

/// Changes bytes as Envoy does: `length` bytes at their start are replaced; at their end, or behind it, bytes are added;
/// anywhere else is a bad argument.
pub(crate) fn replace(held: &mut Vec<u8>, start: u32, length: u32, bytes: &[u8]) -> Result<(), Status> {
    let place = |number| usize::try_from(number).map_err(|_| Status::BadArgument);
    if start == 0 {
        let kept = held.get(place(length)?..).unwrap_or_default();
        *held = [bytes, kept].concat();
        return Ok(());
    }
    if place(start)? < held.len() {
        return Err(Status::BadArgument);
    }
    held.extend_from_slice(bytes);
    Ok(())
}
