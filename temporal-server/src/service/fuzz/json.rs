//! Messages made up at random as JSON: what is written is read back as the same, whatever comes instead of JSON is
//! refused or taken, and soon.

use std::time::Instant;

use serde_json::Value;
use temporal_protos::json::{Reading, Writing, read, set, write};

use super::LONGEST;
use super::shapes::{Known, Shapes};
use crate::engine::fuzz::{Random, inputs};

const STRICT: Reading = Reading {
    lenient: false,
    shorthand: false,
};
const SHORT: Reading = Reading {
    lenient: false,
    shorthand: true,
};

/// Each is written and read in many ways.
fn messages() -> usize {
    inputs() / 5
}

fn writing(pretty: bool, shorthand: bool) -> Writing {
    Writing { pretty, shorthand }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Reads what was written, in each of the ways. Times that have no form are why some are not.
fn there_and_back(name: &str, wire: &[u8]) -> bool {
    let Ok(long) = write(name, wire, writing(false, false)) else {
        return false;
    };
    let again = read(name, &parsed(&long), STRICT).unwrap_or_else(|e| panic!("{e}: {long}"));
    assert_eq!(
        write(name, &again, writing(false, false)).as_ref(),
        Ok(&long)
    );
    // What is indented says the same.
    let pretty = write(name, wire, writing(true, false)).unwrap();
    assert_eq!(parsed(&pretty), parsed(&long));
    let short = write(name, wire, writing(false, true)).unwrap();
    let again = read(name, &parsed(&short), SHORT).unwrap_or_else(|e| panic!("{e}: {short}"));
    write(name, &again, writing(false, true)).unwrap();
    true
}

fn halves(text: &str) -> (&str, &str) {
    let places = text.char_indices().map(|(place, _)| place);
    let middle = places.take_while(|place| *place <= text.len() / 2).last();
    text.split_at(middle.unwrap_or_default())
}

#[test]
#[expect(clippy::print_stdout, reason = "a long run says how long it was")]
fn messages_are_the_same_after_they_were_json() {
    let began = Instant::now();
    let (mut random, shapes, known) = (Random::new(7), Shapes::new(), Known::default());
    let (mut same, mut taken, mut longest) = (0, 0, began.elapsed());
    for number in 0..messages() {
        let method = &shapes.methods[number % shapes.methods.len()];
        let sent = Instant::now();
        let mut wire = shapes.request(method, &known, &mut random);
        same += usize::from(there_and_back(&method.input, &wire));
        // Bytes, JSON and addresses that may be anything.
        let json = write(&method.input, &wire, writing(false, true)).unwrap_or_default();
        let mut json = json.into_bytes();
        random.spoil(&mut wire);
        let _ = write(&method.input, &wire, writing(true, true));
        random.spoil(&mut json);
        if let Ok(json) = serde_json::from_slice(&json) {
            let lenient = number % 2 == 0;
            let shorthand = number % 3 == 0;
            let read = read(&method.input, &json, Reading { lenient, shorthand });
            taken += usize::from(read.is_ok());
        }
        let text = String::from_utf8_lossy(&json);
        let (path, value) = halves(&text);
        let _ = set(&method.input, path, &[value], &mut wire);
        longest = longest.max(sent.elapsed());
    }
    println!(
        "{} messages: {same} the same, {taken} taken with faults, at most {longest:?} each, in {:.1} s",
        messages(),
        began.elapsed().as_secs_f32()
    );
    assert!(same > messages() / 2, "{same}");
    assert!(longest < LONGEST, "{longest:?}");
}
