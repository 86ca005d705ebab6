//! What a callback is given and what it returns, by name.

use crate::trace::kinds::Kind;
use crate::trace::value::TraceValue;
use crate::vm::callback::Callback;

/// The parameters of an export, or its results, as numbers.
pub(crate) trait Numbers {
    /// Each number in order.
    fn numbers(&self) -> Vec<u32>;
}

impl Numbers for () {
    fn numbers(&self) -> Vec<u32> {
        Vec::new()
    }
}

impl Numbers for u32 {
    fn numbers(&self) -> Vec<u32> {
        vec![*self]
    }
}

impl Numbers for (u32, u32) {
    fn numbers(&self) -> Vec<u32> {
        vec![self.0, self.1]
    }
}

impl Numbers for (u32, u32, u32) {
    fn numbers(&self) -> Vec<u32> {
        vec![self.0, self.1, self.2]
    }
}

impl Numbers for (u32, u32, u32, u32, u32) {
    fn numbers(&self) -> Vec<u32> {
        vec![self.0, self.1, self.2, self.3, self.4]
    }
}

/// What each parameter of a callback is called and stands for.
const fn parameters(callback: Callback) -> &'static [(&'static str, Kind)] {
    const CONTEXT: (&str, Kind) = ("context", Kind::Plain);
    const END: (&str, Kind) = ("end_of_stream", Kind::Bool);
    const CALL: (&str, Kind) = ("call_id", Kind::Plain);
    match callback {
        Callback::Instantiate | Callback::Initialize | Callback::Start => &[],
        Callback::Main => &[("argc", Kind::Plain), ("argv", Kind::Plain)],
        Callback::Allocate => &[("size", Kind::Plain)],
        Callback::ContextCreate => &[CONTEXT, ("parent", Kind::Plain)],
        Callback::VmStart | Callback::Configure => &[CONTEXT, ("configuration_size", Kind::Plain)],
        Callback::Tick | Callback::NewConnection | Callback::Done | Callback::Log | Callback::Delete => {
            &[CONTEXT]
        }
        Callback::QueueReady => &[CONTEXT, ("queue", Kind::Plain)],
        Callback::ForeignFunction => &[
            CONTEXT,
            ("function", Kind::Plain),
            ("arguments_size", Kind::Plain),
        ],
        Callback::RequestHeaders | Callback::ResponseHeaders => &[CONTEXT, ("headers", Kind::Plain), END],
        Callback::RequestBody | Callback::ResponseBody => &[CONTEXT, ("body_size", Kind::Plain), END],
        Callback::RequestTrailers | Callback::ResponseTrailers => &[CONTEXT, ("trailers", Kind::Plain)],
        Callback::DownstreamData | Callback::UpstreamData => &[CONTEXT, ("data_size", Kind::Plain), END],
        Callback::DownstreamConnectionClose | Callback::UpstreamConnectionClose => {
            &[CONTEXT, ("peer", Kind::Peer)]
        }
        Callback::HttpCallResponse => &[
            CONTEXT,
            CALL,
            ("headers", Kind::Plain),
            ("body_size", Kind::Plain),
            ("trailers", Kind::Plain),
        ],
        Callback::GrpcReceiveInitialMetadata => &[CONTEXT, CALL, ("metadata", Kind::Plain)],
        Callback::GrpcReceive => &[CONTEXT, CALL, ("message_size", Kind::Plain)],
        Callback::GrpcReceiveTrailingMetadata => &[CONTEXT, CALL, ("metadata", Kind::Plain)],
        Callback::GrpcClose => &[CONTEXT, CALL, ("status", Kind::GrpcStatus)],
    }
}

/// What a callback's result stands for.
const fn result(callback: Callback) -> Kind {
    match callback {
        Callback::VmStart | Callback::Configure | Callback::Done => Kind::Bool,
        Callback::RequestHeaders | Callback::RequestBody | Callback::RequestTrailers => Kind::Action,
        Callback::ResponseHeaders | Callback::ResponseBody | Callback::ResponseTrailers => Kind::Action,
        Callback::NewConnection | Callback::DownstreamData | Callback::UpstreamData => Kind::Action,
        Callback::Instantiate | Callback::Initialize | Callback::Main | Callback::Start => Kind::Plain,
        Callback::Allocate => Kind::Plain,
        Callback::ContextCreate | Callback::Tick | Callback::QueueReady | Callback::ForeignFunction => {
            Kind::Plain
        }
        Callback::DownstreamConnectionClose | Callback::UpstreamConnectionClose => Kind::Plain,
        Callback::HttpCallResponse | Callback::GrpcReceiveInitialMetadata | Callback::GrpcReceive => {
            Kind::Plain
        }
        Callback::GrpcReceiveTrailingMetadata | Callback::GrpcClose | Callback::Log | Callback::Delete => {
            Kind::Plain
        }
    }
}

/// The arguments by name.
pub(crate) fn arguments(callback: Callback, numbers: &[u32]) -> Vec<(&'static str, TraceValue)> {
    let known = parameters(callback).iter().zip(numbers);
    known
        .map(|((name, kind), number)| (*name, kind.number(*number)))
        .collect()
}

/// The result of a callback that has one.
pub(crate) fn returned(callback: Callback, numbers: &[u32]) -> Option<TraceValue> {
    numbers.first().map(|number| result(callback).number(*number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi_version::AbiVersion;

    #[test]
    fn each_callback_names_as_many_parameters_as_its_export_has() {
        for callback in Callback::ALL {
            let count = callback
                .shape(AbiVersion::V0_2_1)
                .map_or(0, |shape| shape.parameters);
            assert_eq!(parameters(callback).len(), count, "{callback}");
        }
    }
}
