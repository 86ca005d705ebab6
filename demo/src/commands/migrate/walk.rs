//! The steps, one after the other.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::{End, print};
use super::hot_update::{difference, put_in_force};
use super::progress::{Progress, blocking};
use crate::error::DemoError;
use crate::layout::Layout;
use crate::migration::addresses::Addresses;
use crate::migration::kept_connection::KeptConnection;
use crate::migration::load::{Phase, Tally, send_until_over};
use crate::migration::peer::{Mode, Peer, Visit};
use crate::migration::readiness::{Answer, Readiness};
use crate::migration::report;
use crate::row_runner::{Outcome, RowError, RowRunner};
use crate::state::State;
use crate::workload::Workload;

/// How often readiness is asked before the walk gives up.
const QUESTIONS: u32 = 2;
/// Traffic before and after the change.
const AROUND: Duration = Duration::from_millis(700);
/// Times are written down to the second.
const SECOND: Duration = Duration::from_secs(1);

/// Walks, and says how it ended.
pub(super) async fn walk(
    layout: &Layout,
    state: &State,
    readiness: Readiness,
    stays: Option<Peer>,
) -> Result<End, DemoError> {
    let began = Instant::now();
    let mut progress = Progress::new(layout, state, readiness);
    let moved = Peer::REGULAR.map(|peer| {
        if Some(peer) == stays {
            peer.at_first()
        } else {
            peer.moved()
        }
    });
    find_who_blocks(&mut progress).await?;
    move_to_mtls(&mut progress, &moved).await?;
    let answer = wait_until_safe(&mut progress, &moved).await?;
    if answer.is_ready {
        let mut quiet = open_quiet_connection(&mut progress).await?;
        go_strict(&mut progress).await?;
        see_plaintext_refused(&mut progress, &moved, &mut quiet).await?;
        go_back_and_forth(&mut progress, &mut quiet).await?;
    } else {
        print(&stopped(&progress, &answer));
    }
    print(&format!(
        "\n{} in {:.1} s\n",
        progress.summary(),
        began.elapsed().as_secs_f64()
    ));
    Ok(match (progress.is_right(), answer.is_ready) {
        (false, _) => End::Bad,
        (true, false) => End::Stopped,
        (true, true) => End::Good,
    })
}

async fn find_who_blocks(progress: &mut Progress<'_>) -> Result<(), DemoError> {
    print("\n1. PERMISSIVE: payments takes mTLS, and plaintext beside it\n\n");
    let visits = Peer::REGULAR.map(Peer::at_first);
    progress.visits(&visits, Mode::Permissive).await?;
    print(&format!(
        "\n2. Readiness: who still comes in plaintext?\n   (Run in {}. The window is short because this is a demo: {} s and {} requests \
         instead of 24 h and 100.)\n\n",
        progress.layout.root().display(),
        progress.readiness.quiet_for_seconds,
        progress.readiness.min_requests
    ));
    let answer = progress.ask().await?;
    progress.compare(&answer, "not-yet", &blocking(&visits), &[Peer::Scanner]);
    Ok(())
}

async fn move_to_mtls(progress: &mut Progress<'_>, moved: &[Visit]) -> Result<(), DemoError> {
    print("\n3. The peers move to mTLS; payments is not touched\n\n");
    progress.visits(moved, Mode::Permissive).await
}

/// Asks until it is safe, and not for ever.
async fn wait_until_safe(progress: &mut Progress<'_>, moved: &[Visit]) -> Result<Answer, DemoError> {
    print("\n4. Readiness again, while traffic goes on\n\n");
    let window = Duration::from_secs(progress.readiness.quiet_for_seconds.into());
    let still_blocking = blocking(moved);
    let mut answer = ask_after(progress, moved, window).await?;
    for _ in 1..QUESTIONS {
        if answer.is_ready {
            break;
        }
        answer = ask_after(progress, moved, window).await?;
    }
    let others: Vec<Peer> = Peer::REGULAR
        .into_iter()
        .filter(|peer| *peer != Peer::Orders && !still_blocking.contains(peer))
        .collect();
    let verdict = if still_blocking.is_empty() {
        "safe"
    } else {
        "not-yet"
    };
    progress.compare(&answer, verdict, &still_blocking, &others);
    Ok(answer)
}

async fn ask_after(
    progress: &mut Progress<'_>,
    moved: &[Visit],
    window: Duration,
) -> Result<Answer, DemoError> {
    progress
        .traffic(moved, Mode::Permissive, window.saturating_add(SECOND))
        .await?;
    progress.ask().await
}

/// Why the walk ends here: what readiness says, and whom it names.
fn stopped(progress: &Progress<'_>, answer: &Answer) -> String {
    let reasons = answer
        .document
        .ports
        .iter()
        .map(|port| format!("   {}\n", port.reason));
    let blocking = answer.document.finding().blocking;
    let peers = blocking.iter().map(|address| {
        let names = progress.names_of(address);
        format!("   {names} still comes in plaintext from {address}, and STRICT would refuse it: give it an SVID.\n")
    });
    format!(
        "\nStopped before STRICT: readiness does not say safe, asked {QUESTIONS} times.\n{}",
        reasons.chain(peers).collect::<String>()
    )
}

/// A client that was silent in the window: nobody could know of it.
async fn open_quiet_connection(progress: &mut Progress<'_>) -> Result<KeptConnection, DemoError> {
    let to = progress.state.topology.of(Workload::Payments).inbound;
    let mut quiet = KeptConnection::open(to, progress.addresses.of(Peer::QuietClient)).await?;
    print("\n   A client that was silent in the window comes after all, and keeps its connection:\n\n");
    let visit = visit_quietly(progress, &mut quiet, Mode::Permissive).await?;
    progress.show(&[visit]);
    Ok(quiet)
}

async fn visit_quietly(
    progress: &Progress<'_>,
    quiet: &mut KeptConnection,
    mode: Mode,
) -> Result<(Visit, Outcome), RowError> {
    let visit = Peer::QuietClient.at_first();
    let (row, runner) = (visit.row(&progress.addresses, mode), progress.runner());
    let mark = runner.mark(0);
    let send = async || Ok(quiet.get(row.path, &mark).await);
    let outcome = runner.run_by(&row, &mark, send).await?;
    Ok((visit, outcome))
}

async fn go_strict(progress: &mut Progress<'_>) -> Result<(), DemoError> {
    print("\n5. STRICT, by a hot update under traffic\n\n");
    print(&difference(Mode::Permissive, Mode::Strict));
    print("\n");
    let runner = progress.runner();
    let phase = Cell::new(Phase::Before);
    let (changed, tallies) = tokio::join!(
        change(progress.layout, progress.state, &phase),
        load(&runner, &progress.addresses, &phase)
    );
    changed?;
    let tallies = tallies?;
    progress.note(tallies.iter().map(Tally::is_right));
    print(&report::tallies(&tallies, &progress.addresses, progress.style));
    Ok(())
}

async fn change(layout: &Layout, state: &State, phase: &Cell<Phase>) -> Result<(), DemoError> {
    sleep(AROUND).await;
    phase.set(Phase::Meanwhile);
    let changed = put_in_force(layout, state, Mode::Strict).await;
    phase.set(Phase::After);
    sleep(AROUND).await;
    phase.set(Phase::Over);
    changed
}

/// Everybody with mTLS at once, each one request after the other.
async fn load(
    runner: &RowRunner<'_>,
    addresses: &Addresses,
    phase: &Cell<Phase>,
) -> Result<[Tally; 3], RowError> {
    let send = |peer: Peer| send_until_over(runner, peer.moved(), addresses, phase);
    let (orders, frontend, job) =
        tokio::try_join!(send(Peer::Orders), send(Peer::Frontend), send(Peer::OrdersJob))?;
    Ok([orders, frontend, job])
}

async fn see_plaintext_refused(
    progress: &mut Progress<'_>,
    moved: &[Visit],
    quiet: &mut KeptConnection,
) -> Result<(), DemoError> {
    print("\n6. Plaintext is refused, and mTLS goes on\n\n");
    let in_plaintext = [Peer::Frontend, Peer::OrdersJob].map(Peer::at_first);
    let visits = [moved, &in_plaintext].concat();
    let mut outcomes = progress.outcomes(&visits, Mode::Strict).await?;
    outcomes.push(visit_quietly(progress, quiet, Mode::Strict).await?);
    progress.show(&outcomes);
    print("\n");
    let answer = progress.ask().await?;
    let everybody = [Peer::Frontend, Peer::OrdersJob, Peer::Scanner, Peer::QuietClient];
    progress.compare(&answer, "already-strict", &[], &everybody);
    Ok(())
}

async fn go_back_and_forth(progress: &mut Progress<'_>, quiet: &mut KeptConnection) -> Result<(), DemoError> {
    print("\n7. The way back, for as long as the quiet client needs it\n\n");
    for (from, to) in [(Mode::Strict, Mode::Permissive), (Mode::Permissive, Mode::Strict)] {
        print(&format!("{}\n", difference(from, to)));
        put_in_force(progress.layout, progress.state, to).await?;
        let visit = visit_quietly(progress, quiet, to).await?;
        progress.show(&[visit]);
        print("\n");
    }
    Ok(())
}
