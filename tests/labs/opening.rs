//! Labs with small input, so that a test of many of them is quick.

use std::collections::BTreeMap;
use std::sync::Arc;

use scalelab::engine::{Input, Setup};
use scalelab::labs::{OpenLab, Registration};

/// Opens a lab with little input, so that it is quick; with what it has built in if it wants no such input.
pub fn open(registration: &Registration, seed: u64) -> Box<dyn OpenLab> {
    let text: String = (0..250).map(|i| format!("item/{i}\n")).collect();
    let inputs = registration.info.inputs.iter().filter_map(|spec| {
        let input = Input::read("items.txt", text.as_bytes(), spec.blank, |_, _| ()).ok()?;
        Some((spec.name.to_owned(), Arc::new(input)))
    });
    let small = Setup { seed, inputs: inputs.collect::<BTreeMap<_, _>>() };
    match (registration.open)(small).or_else(|_| (registration.open)(Setup::seeded(seed))) {
        Ok(lab) => lab,
        Err(error) => unreachable!("{} opens neither with input nor without: {error}", registration.info.name),
    }
}
