//! What the renderer gives for a whole sidecar: the committed examples, and the facts its security rests on, checked
//! on every transport and filter source.

#[cfg(test)]
mod document;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod filter;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod inbound;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod weak_points;
