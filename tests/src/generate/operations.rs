//! `to[].operation`.

use serde_json::{Map, Value, json};

use super::Mode;
use super::dice::Dice;
use super::extensions;
use super::pools::*;
use super::sources::add_field;

pub(super) fn operation(dice: &mut Dice, mode: Mode) -> Value {
    let mut operation = Map::new();
    let bound = mode == Mode::Everything && dice.one_in(8);
    if bound {
        extensions::bound_paths(dice, &mut operation);
    }
    for _ in 0..dice.weighted(&[if bound { 4 } else { 0 }, 5, 3, 1]) {
        match dice.weighted(&[4, 3, 3, if bound { 0 } else { 6 }]) {
            0 => add_field(dice, &mut operation, "methods", |dice| {
                json!(dice.text(&METHOD_VALUES))
            }),
            1 => add_field(dice, &mut operation, "hosts", |dice| {
                json!(dice.text(&HOST_VALUES))
            }),
            2 => add_field(dice, &mut operation, "ports", |dice| json!(port(dice, mode))),
            _ => add_field(dice, &mut operation, "paths", |dice| json!(path(dice))),
        }
    }
    if mode == Mode::Everything {
        extensions::regexes(dice, &mut operation);
        extensions::ignore_case(dice, &mut operation);
    }
    json!({"operation": operation})
}

/// E-3 has ranges.
pub(super) fn port(dice: &mut Dice, mode: Mode) -> &'static str {
    match mode {
        Mode::Everything if dice.one_in(3) => dice.text(&PORT_RANGES),
        Mode::Everything | Mode::IstioRbac => dice.text(&PORT_VALUES),
    }
}

fn path(dice: &mut Dice) -> &'static str {
    if dice.one_in(3) {
        dice.text(&TEMPLATES)
    } else {
        dice.text(&PATH_VALUES)
    }
}
