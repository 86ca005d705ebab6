//! What the guest is to do, out of an input's bytes.

use super::guest::{ADDRESSES, Step};
use crate::draws::Draws;
use crate::host::abi::IMPORTS;

/// Steps of one script.
const MOST_STEPS: usize = 200;

/// Numbers at which something ends.
const EDGES: [u32; 16] = [
    u32::MAX,
    u32::MAX - 1,
    u32::MAX - 15,
    1 << 31,
    (1 << 31) - 1,
    1 << 16,
    (1 << 16) - 1,
    (1 << 16) - 4,
    (1 << 16) + 1,
    1 << 17,
    (1 << 12) - 1,
    1_000,
    403,
    200,
    255,
    256,
];

/// The script that these bytes stand for; each byte counts, so that small changes of them are small changes of it.
pub(super) fn of(bytes: &[u8]) -> Vec<u8> {
    let mut draws = Draws::new(bytes);
    let mut script = Vec::new();
    for _ in 0..MOST_STEPS.min(bytes.len()) {
        step(&mut draws, &mut script);
    }
    script
}

fn step(draws: &mut Draws<'_>, script: &mut Vec<u8>) {
    let choice = draws.below(IMPORTS.len() + Step::ALL.len());
    match IMPORTS.get(choice) {
        Some(import) => {
            script.push(u8::try_from(choice).expect("few imports"));
            import.parameters.chars().for_each(|_| argument(draws, script));
        }
        None => other(Step::ALL[choice - IMPORTS.len()], draws, script),
    }
}

fn other(step: Step, draws: &mut Draws<'_>, script: &mut Vec<u8>) {
    script.push(step.opcode());
    match step {
        Step::Return | Step::Allocator | Step::Grow => script.push(draws.byte()),
        Step::Store => {
            argument(draws, script);
            argument(draws, script);
        }
    }
}

/// Whether the number is meant as it is (0) or is where the guest finds it (1), and the number.
fn argument(draws: &mut Draws<'_>, script: &mut Vec<u8>) {
    let choice = draws.byte();
    let (indirect, number) = match choice {
        0..64 => (0, u32::from(choice)),
        64..128 => (0, ADDRESSES[usize::from(choice - 64) % ADDRESSES.len()].0),
        128..192 => (0, ADDRESSES[usize::from(choice - 128) % ADDRESSES.len()].1),
        192..224 => (0, EDGES[usize::from(choice - 192) % EDGES.len()]),
        224..240 => (1, u32::from(choice - 224) * 4),
        240.. => (0, u32::from_le_bytes([(); 4].map(|()| draws.byte()))),
    };
    script.push(indirect);
    script.extend(number.to_le_bytes());
}
