//! The numbers by which a plugin knows its calls.

/// What a plugin began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// `proxy_http_call`
    Http,
    /// `proxy_grpc_call`
    GrpcCall,
    /// `proxy_grpc_stream`
    GrpcStream,
}

impl std::fmt::Display for CallKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http => "HTTP call",
            Self::GrpcCall => "gRPC call",
            Self::GrpcStream => "gRPC stream",
        })
    }
}

/// The lowest two bits of a number tell the kind of call.
const KIND_BITS: u32 = 0b11;
const STEP: u32 = 4;

impl CallKind {
    /// The kind of the call with this number, whether there is such a call or not; a number of no kind is none.
    pub(crate) const fn of(id: u32) -> Option<Self> {
        match id & KIND_BITS {
            0 => Some(Self::Http),
            1 => Some(Self::GrpcCall),
            2 => Some(Self::GrpcStream),
            _ => None,
        }
    }
}

/// The last number given to each kind of call of a VM: HTTP calls are 4, 8, 12 and so on, gRPC calls 5, 9, 13, and gRPC
/// streams 6, 10, 14, as in Envoy.
#[derive(Debug)]
pub(crate) struct CallIds {
    http: u32,
    grpc_call: u32,
    grpc_stream: u32,
}

impl Default for CallIds {
    fn default() -> Self {
        Self {
            http: 0,
            grpc_call: 1,
            grpc_stream: 2,
        }
    }
}

impl CallIds {
    /// The next number of this kind; after a thousand million calls they begin anew, as in Envoy.
    pub(crate) const fn next(&mut self, kind: CallKind) -> u32 {
        let last = match kind {
            CallKind::Http => &mut self.http,
            CallKind::GrpcCall => &mut self.grpc_call,
            CallKind::GrpcStream => &mut self.grpc_stream,
        };
        *last = last.wrapping_add(STEP);
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [CallKind; 3] = [CallKind::Http, CallKind::GrpcCall, CallKind::GrpcStream];

    #[test]
    fn each_kind_of_call_has_its_own_numbers() {
        let mut ids = CallIds::default();
        assert_eq!(KINDS.map(|kind| ids.next(kind)), [4, 5, 6]);
        assert_eq!(KINDS.map(|kind| ids.next(kind)), [8, 9, 10]);
    }

    #[test]
    fn a_number_tells_its_kind_and_three_of_four_have_one() {
        let kinds = [4, 5, 6, 7].map(CallKind::of);
        assert_eq!(kinds[..3], KINDS.map(Some));
        assert_eq!(kinds[3], None);
    }
}
