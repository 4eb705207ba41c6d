//! Reads a plan from TOML and checks it.

use serde::Deserialize;

use super::plan::{Kind, Life, MAX_MACHINES, MAX_PLACES, Machine, Plan, Region, Style, Tier, Zone};
use super::times::duration_s;
use crate::algorithms::graph::Graph;
use crate::engine::ModelError;
use crate::engine::numbers::thousands;

/// Highest cost of a machine.
const MAX_COST: f64 = 1e6;
/// Longest name, in characters.
pub const MAX_NAME: usize = 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default, rename = "region")]
    regions: Vec<RegionEntry>,
    #[serde(default, rename = "zone")]
    zones: Vec<ZoneEntry>,
    #[serde(default, rename = "component")]
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionEntry {
    name: String,
    mtbf: Option<Time>,
    mttr: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneEntry {
    name: String,
    region: Option<String>,
    mtbf: Option<Time>,
    mttr: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    name: String,
    kind: Kind,
    mtbf: Option<Time>,
    mttr: Option<Time>,
    #[serde(default)]
    depends_on: Vec<String>,
    replicas: Option<toml::Value>,
    needs: Option<toml::Value>,
    style: Option<Style>,
    zone: Option<OneOrMany>,
    cost: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A time as a file gives it; a number is refused later, by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Text(String),
    Other(toml::Value),
}

/// What a file looks like, on one line, for messages.
const LOOKS: &str = "a component is [[component]] and then, a line each, name = \"web\", kind = \"app\", replicas = 2, \
                     depends_on = [\"db\"], mtbf = \"1000h\", mttr = \"1h\"; `scalelab run failure --help` shows a whole file";

/// What a file says wrongly, in our words and not the reader's.
fn plainly(message: &str) -> String {
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or("").to_owned();
    let known = |text: &str| {
        let names: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        names.join(", ")
    };
    let value = |text: &str| {
        let said = text.split(", expected").next().unwrap_or("").split_once(": ").map_or("", |(_, said)| said);
        said.split_once(' ').map_or(said, |(_, value)| value).trim_matches('`').replace('"', "'")
    };
    match message {
        m if m.contains("overflow") || m.contains("out of range") || m.contains("128") => {
            "a number is too large".to_owned()
        }
        m if m.starts_with("unknown field") => {
            format!("there is no key '{}' here; the keys are {}", quoted(m), known(m))
        }
        m if m.starts_with("unknown variant") => format!("'{}' is not one of {}", quoted(m), known(m)),
        m if m.starts_with("missing field") => format!("the key '{}' is missing", quoted(m)),
        m if m.starts_with("duplicate") => "the same key stands here twice".to_owned(),
        m if m.starts_with("data did not match") => {
            "the value is neither a text in quotes nor a list of such texts".to_owned()
        }
        m if m.starts_with("invalid type") && m.contains("sequence") && m.contains("expected a string") => {
            "a list stands where one text in quotes must stand".to_owned()
        }
        m if m.starts_with("invalid type") && m.ends_with("expected a string") => {
            format!("{} stands where a text in quotes must stand", value(m))
        }
        m if m.starts_with("invalid type") && m.ends_with("expected a sequence") => {
            format!("{} stands where a list must stand, such as [\"db\"]", value(m))
        }
        m if m.starts_with("invalid type") => {
            "a table stands where a value must stand, or the other way round".to_owned()
        }
        m => format!("this is not valid TOML ({m})"),
    }
}

/// Reads a plan; `file` names it in messages.
///
/// # Errors
/// What is no TOML, with its line; names that are unknown or twice; times that are none; cycles; what users do not
/// reach; nothing at all.
pub fn read(file: &str, text: &str) -> Result<Plan, ModelError> {
    let parsed: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        ModelError::new(format!("{file}, line {line}: {}", plainly(&message)), LOOKS)
    })?;
    let plan = build(file, parsed)?;
    check(&plan).map_err(|e| ModelError::new(format!("{file}: {}", e.problem), e.remedy))?;
    Ok(plan)
}

fn build(file: &str, parsed: File) -> Result<Plan, ModelError> {
    let wrong = |problem: String, remedy: &str| ModelError::new(format!("{file}: {problem}"), remedy);
    let mut plan = Plan {
        name: parsed.name.unwrap_or_else(|| file.to_owned()),
        regions: Vec::new(),
        zones: Vec::new(),
        tiers: Vec::new(),
        machines: Vec::new(),
        users: Vec::new(),
    };
    if parsed.components.len() > MAX_PLACES || parsed.zones.len() > MAX_PLACES || parsed.regions.len() > MAX_PLACES {
        return Err(wrong(format!("more than {MAX_PLACES} components, zones or regions"), "draw a part of the system"));
    }
    for entry in &parsed.regions {
        let life = life(&entry.name, (&entry.mtbf, &entry.mttr), Life::REGION).map_err(|e| in_file(file, e))?;
        plan.regions.push(Region { name: entry.name.clone(), life });
    }
    if plan.regions.is_empty() {
        plan.regions.push(Region { name: "here".to_owned(), life: Life::REGION });
    }
    for entry in &parsed.zones {
        let region = match &entry.region {
            None => 0,
            Some(name) => plan.regions.iter().position(|r| r.name == *name).ok_or_else(|| {
                wrong(
                    format!("zone '{}' lies in the region '{name}', which is not there", entry.name),
                    "add a [[region]]",
                )
            })?,
        };
        let life = life(&entry.name, (&entry.mtbf, &entry.mttr), Life::ZONE).map_err(|e| in_file(file, e))?;
        plan.zones.push(Zone { name: entry.name.clone(), region, life });
    }
    if plan.zones.is_empty() {
        plan.zones.push(Zone { name: "zone-a".to_owned(), region: 0, life: Life::ZONE });
    }
    let names: Vec<String> = parsed.components.iter().map(|c| c.name.clone()).collect();
    for entry in &parsed.components {
        add_component(&mut plan, &names, entry).map_err(|e| in_file(file, e))?;
    }
    self::names(&plan).map_err(|e| in_file(file, e))?;
    plan.users = if parsed.users.is_empty() {
        let called = |t: usize| plan.tiers.iter().any(|tier| tier.deps.iter().flatten().any(|d| *d == t));
        let roots: Vec<usize> = (0..plan.tiers.len()).filter(|t| !called(*t)).collect();
        if roots.len() > 1 {
            let names: Vec<&str> = roots.iter().map(|t| plan.tiers[*t].name.as_str()).collect();
            return Err(wrong(
                format!("nobody depends on {}: where do users begin?", names.join(", ")),
                "say it at the top, e.g. users = [\"dns\"]; what users do not reach must go",
            ));
        }
        roots.into_iter().map(|t| vec![t]).collect()
    } else {
        dependencies("users", &names, &parsed.users).map_err(|e| in_file(file, e))?
    };
    Ok(plan)
}

fn in_file(file: &str, error: ModelError) -> ModelError {
    ModelError::new(format!("{file}: {}", error.problem), error.remedy)
}

fn add_component(plan: &mut Plan, names: &[String], entry: &Component) -> Result<(), ModelError> {
    let name = &entry.name;
    let zones: Vec<String> = match &entry.zone {
        None => vec![plan.zones[0].name.clone()],
        Some(OneOrMany::One(zone)) => vec![zone.clone()],
        Some(OneOrMany::Many(zones)) => zones.clone(),
    };
    let find = |zone: &String| {
        plan.zones.iter().position(|z| z.name == *zone).ok_or_else(|| {
            let known: Vec<&str> = plan.zones.iter().map(|z| z.name.as_str()).collect();
            let remedy = format!("add a [[zone]], or use one of: {}", known.join(", "));
            ModelError::new(format!("component '{name}' stands in the zone '{zone}', which is not there"), remedy)
        })
    };
    let zones: Vec<usize> = zones.iter().map(find).collect::<Result<_, _>>()?;
    if zones.is_empty() {
        return Err(ModelError::new(format!("component '{name}' stands in no zone"), "name one, or leave `zone` out"));
    }
    let (replicas, needs) = (count(name, "replicas", &entry.replicas)?, count(name, "needs", &entry.needs)?);
    let cost = match &entry.cost {
        None => entry.kind.cost(),
        Some(value) => {
            let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
            number.filter(|cost| (0.0..=MAX_COST).contains(cost)).ok_or_else(|| {
                let problem = format!("component '{name}' has a cost of {}", shown(value));
                ModelError::new(problem, format!("use 0 to {}", thousands(MAX_COST as u64)))
            })?
        }
    };
    let passive = entry.kind == Kind::Database;
    if passive && entry.style == Some(Style::Active) {
        let problem = format!("database '{name}' is active-active, which would need two truths at once");
        return Err(ModelError::new(problem, "leave `style` out: one primary writes, the others follow"));
    }
    let (mtbf, mttr) = entry.kind.hours();
    let usual = Life { mtbf_s: mtbf * 3_600.0, mttr_s: mttr * 3_600.0 };
    let tier = plan.tiers.len();
    plan.tiers.push(Tier {
        name: name.clone(),
        kind: entry.kind,
        life: life(name, (&entry.mtbf, &entry.mttr), usual)?,
        needs,
        style: entry.style.unwrap_or(if passive { Style::Passive } else { Style::Active }),
        deps: dependencies(name, names, &entry.depends_on)?,
        cost,
    });
    for i in 0..replicas {
        let machine = Machine { name: format!("{name}-{}", i + 1), tier, zone: zones[i % zones.len()] };
        plan.machines.push(machine);
    }
    Ok(())
}

/// A whole number from 1 to the most machines that there can be; 1 if it is left out.
fn count(name: &str, key: &str, value: &Option<toml::Value>) -> Result<usize, ModelError> {
    let Some(value) = value else { return Ok(1) };
    let whole = value.as_integer().and_then(|n| usize::try_from(n).ok());
    whole.filter(|n| (1..=MAX_MACHINES).contains(n)).ok_or_else(|| {
        let problem = format!("component '{name}' has {key} = {}", shown(value));
        ModelError::new(problem, format!("use a whole number from 1 to {MAX_MACHINES}"))
    })
}

/// A value as it stands in a file, cut short.
fn shown(value: &toml::Value) -> String {
    value.to_string().chars().take(MAX_NAME).collect()
}

/// `["db", "lb-eu | lb-us"]`: all of these, and of each group any one.
fn dependencies(who: &str, names: &[String], entries: &[String]) -> Result<Vec<Vec<usize>>, ModelError> {
    let find = |name: &str| {
        names.iter().position(|n| n == name.trim()).ok_or_else(|| {
            let problem = format!("'{who}' depends on '{}', which is not there", name.trim());
            ModelError::new(problem, format!("add a [[component]] of that name, or use one of: {}", names.join(", ")))
        })
    };
    let groups: Vec<Vec<usize>> =
        entries.iter().map(|entry| entry.split('|').map(find).collect()).collect::<Result<_, _>>()?;
    let all: Vec<usize> = groups.iter().flatten().copied().collect();
    let twice = (0..all.len()).find(|i| all[..*i].contains(&all[*i]));
    twice.map_or(Ok(groups), |i| {
        let problem = format!("'{who}' names '{}' twice", names[all[i]]);
        Err(ModelError::new(problem, "once is enough; `a | b` means a or b, and two entries mean both"))
    })
}

/// How often something fails and how long it then lies broken: as the file says, else as is usual.
fn life(name: &str, (mtbf, mttr): (&Option<Time>, &Option<Time>), usual: Life) -> Result<Life, ModelError> {
    let mtbf_s = mtbf.as_ref().map_or(Ok(usual.mtbf_s), |time| time_s(name, "MTBF", time))?;
    let mttr_s = mttr.as_ref().map_or(Ok(usual.mttr_s), |time| time_s(name, "MTTR", time))?;
    Ok(Life { mtbf_s, mttr_s })
}

/// One of the two times, in seconds.
fn time_s(name: &str, which: &str, time: &Time) -> Result<f64, ModelError> {
    let (key, example) = (which.to_lowercase(), if which == "MTBF" { "1000h" } else { "4h" });
    let remedy =
        format!("write a number and a unit in quotes, e.g. {key} = \"{example}\"; units are ms, s, m, h, d, w, y");
    let wrong = |what: String| ModelError::new(format!("the {which} of '{name}' {what}"), remedy.clone());
    let text = match time {
        Time::Text(text) => text.trim(),
        Time::Other(value) => return Err(wrong(format!("is {}, without a unit", shown(value)))),
    };
    if which == "MTBF" && text == "never" {
        return Ok(f64::INFINITY);
    }
    let seconds = duration_s(text).map_err(|e| wrong(format!("is not a time: {}; {}", e.problem, e.remedy)))?;
    if !text.ends_with(char::is_alphabetic) {
        return Err(wrong(format!("is {text}, without a unit")));
    }
    Ok(seconds)
}

/// Checks a plan: names, numbers, cycles, and that users reach everything.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(plan: &Plan) -> Result<(), ModelError> {
    if plan.tiers.is_empty() {
        return Err(ModelError::new("there is no component", LOOKS));
    }
    if plan.machines.len() > MAX_MACHINES {
        let problem = format!("there are {} machines", plan.machines.len());
        return Err(ModelError::new(problem, format!("{MAX_MACHINES} are the most: draw a part of the system")));
    }
    names(plan)?;
    for (t, tier) in plan.tiers.iter().enumerate() {
        let members = plan.members(t).len();
        if tier.needs == 0 || tier.needs > members {
            let problem = format!("'{}' needs {} of its {members} machines", tier.name, tier.needs);
            return Err(ModelError::new(problem, format!("use 1 to {members}, or more replicas")));
        }
    }
    let edges: Vec<(usize, usize)> =
        plan.tiers.iter().enumerate().flat_map(|(t, tier)| tier.deps.iter().flatten().map(move |d| (t, *d))).collect();
    let graph = Graph::new(plan.tiers.len(), &edges);
    if let Some(cycle) = graph.cycle() {
        let mut way: Vec<&str> = cycle.iter().map(|t| plan.tiers[*t].name.as_str()).collect();
        way.extend(cycle.first().map(|t| plan.tiers[*t].name.as_str()));
        let problem = format!("the dependencies run in a circle: {}", way.join(" → "));
        return Err(ModelError::new(problem, "take one of them out: who waits for oneself never starts"));
    }
    if plan.users.is_empty() {
        return Err(ModelError::new("users reach nothing", "say where they begin, e.g. users = [\"balancer\"]"));
    }
    let mut reached = vec![false; plan.tiers.len()];
    for root in plan.users.iter().flatten() {
        graph.reachable(*root, None).iter().zip(&mut reached).for_each(|(now, all)| *all |= now);
    }
    if let Some(lost) = reached.iter().position(|r| !r) {
        let problem = format!("no request ever reaches '{}'", plan.tiers[lost].name);
        return Err(ModelError::new(problem, "let something that users reach depend on it, or take it out"));
    }
    plan.structure(true).map(|_| ())
}

fn names(plan: &Plan) -> Result<(), ModelError> {
    let tiers = plan.tiers.iter().map(|t| &t.name);
    let machines = plan.machines.iter().map(|m| &m.name);
    let places = plan.zones.iter().map(|z| &z.name).chain(plan.regions.iter().map(|r| &r.name));
    let mut seen: Vec<&String> = vec![];
    for name in tiers.chain(machines).chain(places) {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(plain) || name.starts_with('-') {
            let shown: String = name.chars().take(MAX_NAME).collect();
            let remedy = format!("use 1 to {MAX_NAME} letters, digits, hyphens, dots or underscores");
            return Err(ModelError::new(format!("'{shown}' is not a valid name"), remedy));
        }
        if seen.contains(&name) {
            let problem = format!("the name '{name}' stands for two things");
            return Err(ModelError::new(problem, "give each component, machine, zone and region its own name"));
        }
        seen.push(name);
    }
    Ok(())
}
