//! The format of lesson files for editors (JSON schema) and for people (Markdown), made from its types.

use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

use super::format::{Lesson, Predict, Question, Read, Unit, Watch, Work};
use super::limits;

/// The JSON schema of a lesson file.
pub fn schema() -> String {
    let mut schema = schema_for!(Lesson).to_value();
    inline_steps(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("scalelab lesson"));
        root.insert("description".to_owned(), json!("A lesson of scalelab: one TOML file."));
    }
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

/// Each kind of step becomes one closed object with its `kind`: a reference beside `kind` would forbid it.
fn inline_steps(schema: &mut Value) {
    let definitions = schema.get("$defs").cloned().unwrap_or_default();
    let Some(variants) = schema.pointer_mut("/$defs/Step/oneOf").and_then(Value::as_array_mut) else { return };
    for variant in variants {
        let name =
            variant.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")).map(str::to_owned);
        let Some(mut whole) = name.and_then(|n| definitions.get(&n).cloned()) else { continue };
        let kind = variant.pointer("/properties/kind").cloned().unwrap_or_default();
        if let Some(properties) = whole.get_mut("properties").and_then(Value::as_object_mut) {
            let mut all = Map::new();
            all.insert("kind".to_owned(), kind);
            all.append(properties);
            *properties = all;
        }
        if let Some(required) = whole.get_mut("required").and_then(Value::as_array_mut) {
            required.insert(0, json!("kind"));
        }
        if let Some(about) = variant.get("description") {
            whole["description"] = about.clone();
        }
        *variant = whole;
    }
}

/// A table of the fields of one type.
fn table<T: JsonSchema>(out: &mut String, title: &str, kinds: &[&str]) {
    let schema = schema_for!(T).to_value();
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    out.push_str(&format!("### {title}\n\n{}\n\n", one_line(about)));
    out.push_str("| field | what it is | type | |\n|---|---|---|---|\n");
    if !kinds.is_empty() {
        let kinds: Vec<String> = kinds.iter().map(|k| format!("`\"{k}\"`")).collect();
        out.push_str(&format!("| `kind` | The kind of step. | {} | required |\n", kinds.join(" or ")));
    }
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let about = one_line(field.get("description").and_then(Value::as_str).unwrap_or_default());
        let must = if required.contains(&name.as_str()) { "required" } else { "" };
        out.push_str(&format!("| `{name}` | {about} | {} | {must} |\n", type_of(field)));
    }
    out.push('\n');
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The type of a field as authors think of it.
fn type_of(field: &Value) -> String {
    if let Some(reference) = field.get("$ref").and_then(Value::as_str) {
        return table_name(reference);
    }
    if let Some(any) = field.get("anyOf").and_then(Value::as_array) {
        return any.iter().find_map(|v| v.get("$ref").and_then(Value::as_str)).map_or("value".to_owned(), table_name);
    }
    let kinds: Vec<&str> = match field.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).filter(|k| *k != "null").collect(),
        _ => Vec::new(),
    };
    match kinds.first().copied() {
        Some("string") => "text".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => match field.get("items").map_or("value".to_owned(), type_of) {
            steps if steps == "steps" => "list of steps".to_owned(),
            one if one.starts_with('[') => format!("list of {one}"),
            one => format!("list of {one}s"),
        },
        Some("object") => "table of texts".to_owned(),
        _ => "value".to_owned(),
    }
}

fn table_name(reference: &str) -> String {
    match reference.rsplit('/').next().unwrap_or_default() {
        "Step" => "steps".to_owned(),
        name => format!("[{}](#{})", name.to_lowercase(), name.to_lowercase()),
    }
}

/// The reference of lesson files.
pub fn markdown() -> String {
    let mut out = "## Reference\n\nMade from the format's types by `scalelab lessons reference`. A field that is not here is an error.\n\n".to_owned();
    table::<Unit>(&mut out, "unit.toml", &[]);
    table::<Lesson>(&mut out, "A lesson", &[]);
    table::<Read>(&mut out, "Step: read", &["read"]);
    table::<Watch>(&mut out, "Step: watch", &["watch"]);
    table::<super::format::Scene>(&mut out, "Scene", &[]);
    table::<Predict>(&mut out, "Step: predict", &["predict"]);
    table::<super::format::Outcome>(&mut out, "Outcome", &[]);
    table::<super::format::Number>(&mut out, "Number", &[]);
    table::<super::format::Pick>(&mut out, "Pick", &[]);
    table::<Work>(&mut out, "Steps: do, fix, challenge", &["do", "fix", "challenge"]);
    table::<Question>(&mut out, "Steps: explain, recall", &["explain", "recall"]);
    table::<super::format::Answer>(&mut out, "Answer", &[]);
    out.push_str(
        "### Limits\n\nA file that asks for more is refused before anything of it runs.\n\n| of | most |\n|---|---|\n",
    );
    let limits: [(&str, String); 14] = [
        ("all lessons of a folder and its units", limits::LESSONS.to_string()),
        ("entries of a folder", limits::FOLDER_ENTRIES.to_string()),
        ("a lesson file", format!("{} kB", limits::FILE_BYTES / 1024)),
        ("an input file", format!("{} MB", limits::INPUT_BYTES >> 20)),
        ("steps of a lesson", limits::STEPS.to_string()),
        ("a text in Markdown", format!("{} characters", limits::TEXT)),
        ("any other text", format!("{} characters, one line", limits::LINE)),
        ("an id", format!("{} characters", limits::NAME)),
        ("choices of a question", limits::CHOICES.to_string()),
        ("hints of a step", limits::HINTS.to_string()),
        ("commands of one list", limits::COMMANDS.to_string()),
        ("commands of a lesson", limits::ALL_COMMANDS.to_string()),
        ("seeds", limits::SEEDS.to_string()),
        ("an expression in CEL", format!("{} characters", crate::engine::checks::MAX_EXPRESSION)),
    ];
    for (of, most) in limits {
        out.push_str(&format!("| {of} | {most} |\n"));
    }
    out
}
