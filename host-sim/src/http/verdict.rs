//! What the number that a callback returned means, which differs by callback, as in Envoy.

/// What a callback returned, and whether a local reply was asked for in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned {
    pub(crate) action: u32,
    /// Whatever the callback returned, nothing goes on.
    pub(crate) replied: bool,
}

/// What becomes of headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfHeaders {
    GoOn,
    StopAll,
    /// The same, but a body that is too large to hold is answered with 413.
    StopAllWithinLimit,
}

/// What becomes of bytes of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfBody {
    GoOn,
    /// They are held, and the plugin sees the whole from then on.
    Gather,
    /// They are held, and the plugin sees only what follows.
    Hold,
    /// They are lost.
    Drop,
}

/// What becomes of trailers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfTrailers {
    GoOn,
    Stop,
}

impl Returned {
    pub(crate) const CONTINUE: Self = Self {
        action: 0,
        replied: false,
    };

    /// The number 2, which once ended a stream, goes on; any other unknown one stops.
    pub(crate) const fn of_headers(self) -> OfHeaders {
        match self.action {
            0 | 2 if !self.replied => OfHeaders::GoOn,
            3 if !self.replied => OfHeaders::StopAllWithinLimit,
            _ => OfHeaders::StopAll,
        }
    }

    pub(crate) const fn of_body(self) -> OfBody {
        match self.action {
            _ if self.replied => OfBody::Drop,
            0 => OfBody::GoOn,
            1 => OfBody::Gather,
            2 => OfBody::Hold,
            _ => OfBody::Drop,
        }
    }

    pub(crate) const fn of_trailers(self) -> OfTrailers {
        match self.action {
            0 if !self.replied => OfTrailers::GoOn,
            _ => OfTrailers::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(action: u32) -> Returned {
        Returned {
            action,
            replied: false,
        }
    }

    #[test]
    fn a_callback_in_which_the_plugin_replied_stops_whatever_it_returned() {
        for action in [0, 1, 2, 3, 99] {
            let returned = Returned {
                action,
                replied: true,
            };
            assert_eq!(returned.of_headers(), OfHeaders::StopAll);
            assert_eq!(returned.of_body(), OfBody::Drop);
            assert_eq!(returned.of_trailers(), OfTrailers::Stop);
        }
    }

    #[test]
    fn an_unknown_number_stops() {
        assert_eq!(returned(99).of_headers(), OfHeaders::StopAll);
        assert_eq!(returned(99).of_body(), OfBody::Drop);
        assert_eq!(returned(99).of_trailers(), OfTrailers::Stop);
    }
}
