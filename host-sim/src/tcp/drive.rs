//! Takes a TCP stream from one callback to the next, as Envoy's network filter does in front of `tcp_proxy`.

use crate::abi::{Action, PeerType, StreamType};
use crate::outcome::{EndOfStream, TcpOutcome};
use crate::tcp::side::Side;
use crate::tcp::state::{Stage, TcpState};
use crate::vm::Vm;
use crate::vm::asked::Wish;
use crate::vm::callback::Callback;
use crate::vm::trap::Trap;

/// What the plugin's own wish made of the connection.
enum After {
    Nothing,
    Continued,
    Closed,
}

/// Tells the plugin of the connection.
pub(crate) fn connect(vm: &mut Vm, id: u32) -> Result<TcpOutcome, Trap> {
    vm.create_context(id)?;
    enter(vm, id, Stage::Open);
    let Some(function) = vm.exports.new_connection.clone() else {
        return Ok(TcpOutcome::Continue);
    };
    let action = vm.call((Callback::NewConnection, id), &function, id)?;
    let outcome = match carry_out_own(vm, id)? {
        After::Closed => TcpOutcome::Closed,
        After::Continued => TcpOutcome::Continue,
        After::Nothing => outcome_of(action),
    };
    if outcome == TcpOutcome::Pause {
        enter(vm, id, Stage::Held);
    }
    Ok(outcome)
}

/// Gives the plugin bytes of one side.
pub(crate) fn arrive(
    vm: &mut Vm,
    id: u32,
    side: Side,
    bytes: &[u8],
    end: EndOfStream,
) -> Result<TcpOutcome, Trap> {
    let outcome = data(vm, id, side, bytes, end)?;
    after_data(vm, id, side, end, outcome)
}

/// Whether the plugin has not heard of the connection yet.
pub(crate) fn is_new(vm: &mut Vm, id: u32) -> bool {
    tcp(vm, id).is_some_and(|tcp| tcp.stage == Stage::Begun)
}

/// Whether the plugin takes bytes of this side.
pub(crate) fn awaits(vm: &mut Vm, id: u32, side: Side) -> bool {
    tcp(vm, id).is_some_and(|tcp| {
        let ended = tcp.flow(side.buffer()).is_none_or(|flow| flow.ended);
        tcp.stage == Stage::Open && !ended
    })
}

/// Closes the connection.
pub(crate) fn close(vm: &mut Vm, id: u32, by: PeerType) -> Result<(), Trap> {
    let stage = enter(vm, id, Stage::Closed);
    let ended = match stage {
        Stage::Begun | Stage::Closed => Ok(()),
        Stage::Held | Stage::Open if vm.failure().is_some() => Ok(()),
        Stage::Held | Stage::Open => end(vm, id, by),
    };
    ended.and(vm.release_root(id))
}

/// Does what the plugin asked for from a callback of another context.
pub(crate) fn carry_out(vm: &mut Vm, id: u32, wish: &Wish) -> Result<(), Trap> {
    follow(vm, id, wish).map(drop)
}

fn data(vm: &mut Vm, id: u32, side: Side, bytes: &[u8], end: EndOfStream) -> Result<TcpOutcome, Trap> {
    let flow = tcp(vm, id).and_then(|tcp| tcp.flow_mut(side.buffer()));
    let size = flow.map_or(0, |flow| {
        flow.ended = end == EndOfStream::Yes;
        flow.arrive(bytes)
    });
    let action = match side.export(vm).clone() {
        None => Action::Continue.number(),
        Some(function) => {
            let parameters = (id, size, u32::from(end == EndOfStream::Yes));
            vm.call((side.callback(), id), &function, parameters)?
        }
    };
    let outcome = match (carry_out_own(vm, id)?, side) {
        (After::Closed, _) => TcpOutcome::Closed,
        (After::Continued, Side::Downstream) => TcpOutcome::Continue,
        (After::Continued, Side::Upstream) | (After::Nothing, _) => outcome_of(action),
    };
    if let Some(flow) = tcp(vm, id).and_then(|tcp| tcp.flow_mut(side.buffer()))
        && outcome == TcpOutcome::Continue
    {
        flow.pass();
        flow.shut();
    }
    Ok(outcome)
}

/// Envoy tells the end of the upstream peer's bytes once more, whatever became of the connection meanwhile.
fn after_data(
    vm: &mut Vm,
    id: u32,
    side: Side,
    end: EndOfStream,
    outcome: TcpOutcome,
) -> Result<TcpOutcome, Trap> {
    let function = vm.exports.upstream_connection_close.clone();
    let (Side::Upstream, EndOfStream::Yes, Some(function)) = (side, end, function) else {
        return Ok(outcome);
    };
    let parameters = (id, PeerType::Unknown.number());
    vm.call((Callback::UpstreamConnectionClose, id), &function, parameters)?;
    Ok(match carry_out_own(vm, id)? {
        After::Closed => TcpOutcome::Closed,
        After::Continued | After::Nothing => outcome,
    })
}

/// Does what the plugin asked for this stream in the callback that has just returned.
fn carry_out_own(vm: &mut Vm, id: u32) -> Result<After, Trap> {
    let mut after = After::Nothing;
    while let Some(wish) = vm.state_mut().take_asked(id) {
        match follow(vm, id, &wish)? {
            After::Nothing => {}
            After::Continued => after = After::Continued,
            After::Closed => return Ok(After::Closed),
        }
    }
    Ok(after)
}

fn follow(vm: &mut Vm, id: u32, wish: &Wish) -> Result<After, Trap> {
    match wish {
        Wish::Continue(StreamType::Downstream) => {
            if let Some(tcp) = tcp(vm, id) {
                tcp.downstream.pass();
            }
            Ok(After::Continued)
        }
        Wish::Close(StreamType::Downstream | StreamType::Upstream) => close_for_plugin(vm, id),
        Wish::Continue(_) | Wish::Close(_) | Wish::Reply(_) | Wish::Delete => Ok(After::Nothing),
    }
}

fn close_for_plugin(vm: &mut Vm, id: u32) -> Result<After, Trap> {
    if enter(vm, id, Stage::Closed) != Stage::Closed {
        end(vm, id, PeerType::Local)?;
    }
    Ok(After::Closed)
}

fn end(vm: &mut Vm, id: u32, by: PeerType) -> Result<(), Trap> {
    if let Some(function) = vm.exports.downstream_connection_close.clone() {
        let parameters = (id, by.number());
        vm.call((Callback::DownstreamConnectionClose, id), &function, parameters)?;
    }
    vm.done_stream(id)?;
    vm.log_stream(id)?;
    vm.delete_stream(id)
}

/// Changes the stage, and gives the one before.
fn enter(vm: &mut Vm, id: u32, stage: Stage) -> Stage {
    tcp(vm, id).map_or(Stage::Closed, |tcp| std::mem::replace(&mut tcp.stage, stage))
}

/// What an action comes to: an unknown one holds, as in Envoy.
fn outcome_of(action: u32) -> TcpOutcome {
    match Action::try_from(action) {
        Ok(Action::Continue) => TcpOutcome::Continue,
        Ok(Action::Pause) | Err(_) => TcpOutcome::Pause,
    }
}

fn tcp(vm: &mut Vm, id: u32) -> Option<&mut TcpState> {
    vm.stream_mut(id)?.tcp_mut()
}
