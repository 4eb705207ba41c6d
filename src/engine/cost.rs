//! What a CEL expression may cost, before it runs: an upper bound, computed over its syntax tree
//! and the sizes of the facts that it names.
//!
//! CEL has no loops of its own choosing, but `map`, `filter`, `all` and `exists` nest, and texts and
//! lists grow: a short expression can ask for years of work. The bound follows cel-go's cost
//! estimate (cel.dev, "cost estimation"): one for each node, a macro's body times the length of its list,
//! an operator on lists and texts their size.

use std::collections::BTreeMap;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use serde_json::Value;

/// Most that an expression may cost: some tenths of a second.
pub const MAX_COST: u64 = 2_000_000;
/// Deepest syntax tree that is evaluated: each level takes stack.
const MAX_DEPTH: usize = 200;

/// What looks at all that it is given, and makes a number or a truth of it.
const GIVES_ONE: [&str; 20] = [
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::IN,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    operators::NOT_STRICTLY_FALSE,
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "uint",
    "double",
    "bool",
];

/// How large a value can be.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// Values in it, itself and nested ones included; a text counts one for each eight bytes.
    total: u64,
    /// Values to loop over.
    items: u64,
    /// `total` of the largest of them.
    item: u64,
}

impl Size {
    const ONE: Self = Self { total: 1, items: 1, item: 1 };

    fn text(bytes: usize) -> Self {
        Self { total: 1 + bytes as u64 / 8, items: bytes as u64, item: 1 }
    }

    /// What a value within one of this total can be.
    fn within(total: u64) -> Self {
        Self { total, items: total.saturating_mul(8), item: total }
    }

    fn of(value: &Value) -> Self {
        let sum = |sizes: &mut dyn Iterator<Item = Self>, items: usize| {
            let (mut total, mut item) = (1_u64, 1_u64);
            for size in sizes {
                total = total.saturating_add(size.total);
                item = item.max(size.total);
            }
            Self { total, items: items as u64, item }
        };
        match value {
            Value::String(text) => Self::text(text.len()),
            Value::Array(list) => sum(&mut list.iter().map(Self::of), list.len()),
            // Looping over a map gives its keys.
            Value::Object(map) => sum(
                &mut map
                    .iter()
                    .map(|(k, v)| Self { total: Self::text(k.len()).total + Self::of(v).total, ..Self::ONE }),
                map.len(),
            ),
            _ => Self::ONE,
        }
    }

    fn larger(self, other: Self) -> Self {
        Self { total: self.total.max(other.total), items: self.items.max(other.items), item: self.item.max(other.item) }
    }

    fn joined(self, other: Self) -> Self {
        Self {
            total: self.total.saturating_add(other.total),
            items: self.items.saturating_add(other.items),
            item: self.item.max(other.item),
        }
    }

    fn times(self, n: u64) -> Self {
        Self { total: self.total.saturating_mul(n), items: self.items.saturating_mul(n), item: self.item }
    }
}

/// A value as far as it is known.
#[derive(Clone, Copy)]
enum Known<'a> {
    /// A fact, or a part of one.
    Fact(&'a Value),
    /// Anything up to a size.
    Bound(Size),
}

impl Known<'_> {
    fn size(self) -> Size {
        match self {
            Self::Fact(value) => Size::of(value),
            Self::Bound(size) => size,
        }
    }
}

/// Upper bound on the cost of an expression over these facts; [`u64::MAX`] for a tree that is too deep.
pub(super) fn cost(expression: &IdedExpr, facts: &Value) -> u64 {
    Estimate { facts, locals: BTreeMap::new(), depth: 0 }.expression(expression).0
}

struct Estimate<'a> {
    facts: &'a Value,
    locals: BTreeMap<String, Size>,
    depth: usize,
}

impl<'a> Estimate<'a> {
    fn expression(&mut self, expression: &IdedExpr) -> (u64, Known<'a>) {
        if self.depth >= MAX_DEPTH {
            return (u64::MAX, Known::Bound(Size::ONE));
        }
        self.depth += 1;
        let (cost, known) = match &expression.expr {
            Expr::Unspecified => (0, Known::Bound(Size::ONE)),
            Expr::Literal(literal) => (0, Known::Bound(literal_size(literal))),
            Expr::Ident(name) => (0, self.variable(name)),
            Expr::Select(select) => {
                let (cost, operand) = self.expression(&select.operand);
                (cost, part(operand, Some(&select.field)))
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(list.elements.iter()),
            Expr::Map(map) => self.all(map.entries.iter().flat_map(|e| entry(&e.expr))),
            Expr::Struct(object) => self.all(object.entries.iter().flat_map(|e| entry(&e.expr))),
            Expr::Comprehension(loops) => self.comprehension(loops),
        };
        self.depth -= 1;
        (cost.saturating_add(1), known)
    }

    fn variable(&self, name: &str) -> Known<'a> {
        match (self.locals.get(name), self.facts.get(name)) {
            (Some(size), _) => Known::Bound(*size),
            (None, Some(fact)) => Known::Fact(fact),
            (None, None) => Known::Bound(Size::ONE),
        }
    }

    /// A literal list or map of these.
    fn all<'e>(&mut self, parts: impl Iterator<Item = &'e IdedExpr>) -> (u64, Known<'a>) {
        let (mut cost, mut size) = (0_u64, Size { total: 1, items: 0, item: 1 });
        for part in parts {
            let (more, known) = self.expression(part);
            let part = known.size();
            cost = cost.saturating_add(more).saturating_add(part.total);
            size = size.joined(Size { total: part.total, items: 1, item: part.total });
        }
        (cost, Known::Bound(size))
    }

    fn call(&mut self, call: &CallExpr) -> (u64, Known<'a>) {
        let mut cost = 0_u64;
        let mut known = Vec::new();
        for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
            let (more, value) = self.expression(part);
            cost = cost.saturating_add(more);
            known.push(value);
        }
        let sizes: Vec<Size> = known.iter().map(|k| k.size()).collect();
        let all = sizes.iter().fold(Size::default(), |sum, size| sum.joined(*size));
        match (call.func_name.as_str(), known.as_slice()) {
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, [of, ..]) => {
                let key = call.args.last().and_then(literal_text);
                (cost, part(*of, key))
            }
            (operators::CONDITIONAL, [_, yes, no]) => (cost, Known::Bound(yes.size().larger(no.size()))),
            (operators::ADD, _) => (cost.saturating_add(all.total), Known::Bound(all)),
            (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT | "size", _) => {
                (cost, Known::Bound(Size::ONE))
            }
            (name, _) if GIVES_ONE.contains(&name) => (cost.saturating_add(all.total), Known::Bound(Size::ONE)),
            // Whatever else a function makes is no larger than a few times what it was given, as a text.
            _ => (cost.saturating_add(all.total), Known::Bound(Size::within(all.total.saturating_mul(8)))),
        }
    }

    fn comprehension(&mut self, loops: &ComprehensionExpr) -> (u64, Known<'a>) {
        let (range_cost, range) = self.expression(&loops.iter_range);
        let (start_cost, start) = self.expression(&loops.accu_init);
        let (range, start) = (range.size(), start.size());
        let shadowed = self.locals.clone();
        for name in [Some(&loops.iter_var), loops.iter_var2.as_ref()].into_iter().flatten() {
            self.locals.insert(name.clone(), Size::within(range.item));
        }
        self.locals.insert(loops.accu_var.clone(), start);
        let (while_cost, _) = self.expression(&loops.loop_cond);
        let (step_cost, step) = self.expression(&loops.loop_step);
        // A macro only ever adds to what it gathers.
        let gathered = start.joined(step.size().times(range.items));
        self.locals.insert(loops.accu_var.clone(), gathered);
        let (end_cost, end) = self.expression(&loops.result);
        self.locals = shadowed;
        let turn = while_cost.saturating_add(step_cost).saturating_add(range.item);
        let cost = range.items.saturating_mul(turn).saturating_add(range_cost).saturating_add(start_cost);
        (cost.saturating_add(end_cost), Known::Bound(end.size()))
    }
}

fn literal_size(literal: &LiteralValue) -> Size {
    match literal {
        LiteralValue::String(text) => Size::text(text.inner().len()),
        LiteralValue::Bytes(bytes) => Size::text(bytes.inner().len()),
        _ => Size::ONE,
    }
}

fn literal_text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// The part of a value with this key, or any part of it.
fn part<'a>(of: Known<'a>, key: Option<&str>) -> Known<'a> {
    match (of, key) {
        (Known::Fact(value), Some(key)) => value.get(key).map_or(Known::Bound(Size::ONE), Known::Fact),
        (Known::Fact(value), None) => Known::Bound(Size::within(Size::of(value).item)),
        (Known::Bound(size), _) => Known::Bound(Size::within(size.item.max(size.total))),
    }
}

fn entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::engine::{CheckError, Expectation};

    fn judge(expression: &str) -> Result<cel::Value, CheckError> {
        let nodes: serde_json::Map<String, serde_json::Value> =
            (0..100).map(|i| (format!("node-{i}"), json!({ "keys": i, "up": true }))).collect();
        let facts = json!({ "n": 7, "text": "abc", "list": (0..500).collect::<Vec<u32>>(), "node": nodes });
        Expectation::compile(expression)?.value(&facts)
    }

    #[test]
    fn what_lessons_ask_is_cheap_enough() {
        for expression in [
            "n == 7 && node['node-3'].keys < 5",
            "node.all(m, node[m].up)",
            "node.filter(m, node.all(o, node[o].keys <= node[m].keys))[0] == 'node-99'",
            "list.filter(x, x % 2 == 0).map(x, x * 2).exists(x, x > 100)",
            "'n is ' + string(n) + ' of ' + string(size(list))",
            "text.startsWith('a') && text.endsWith('c') && text.contains('b')",
        ] {
            assert!(judge(expression).is_ok(), "{expression}: {:?}", judge(expression));
        }
    }

    #[test]
    fn what_would_take_years_is_refused_at_once() {
        let ones = format!("[{}]", ["1"; 100].join(","));
        let nested = (0..4).fold("n".to_owned(), |inner, i| format!("{ones}.map(x{i}, {inner})"));
        let doubled = (0..12).fold("['aaaaaaaa']".to_owned(), |list, i| {
            format!("{list}.map(x{i}, x{i} + x{i} + x{i} + x{i} + x{i} + x{i})")
        });
        let loops = (0..5).fold("true".to_owned(), |inner, i| format!("list.all(y{i}, {inner})"));
        for expression in [nested, doubled, loops] {
            assert!(
                matches!(judge(&expression), Err(CheckError::Costly { .. })),
                "{expression}: {:?}",
                judge(&expression)
            );
        }
    }

    /// An expression of a kind (`i` whole number, `s` text, `b` truth, `l` list), made by numbers that a test picks.
    fn make(kind: char, depth: usize, vars: &mut Vec<String>, pick: &mut impl FnMut(usize) -> usize) -> String {
        let sub = |kind: char, vars: &mut Vec<String>, pick: &mut _| make(kind, depth - 1, vars, pick);
        if depth == 0 {
            let leaves: &[&str] = match kind {
                'i' => &["n", "1", "size(list)"],
                's' => &["text", "'abc'", "'a longer text than that'"],
                'b' => &["true", "n == 7"],
                _ => &["list", "[n, n]", "texts", "[]"],
            };
            let n = pick(leaves.len() + usize::from(kind == 'i') * vars.len());
            return leaves.get(n).map_or_else(|| vars[n - leaves.len()].clone(), |leaf| (*leaf).to_owned());
        }
        // Whatever is looped over is a number where a number is wanted: `tick` gives 7 for anything.
        let loops = |name: &str, body: char, vars: &mut Vec<String>, pick: &mut _| {
            let list = make('l', depth - 1, vars, pick);
            vars.push(format!("tick(x{})", vars.len()));
            let body = make(body, depth - 1, vars, pick);
            let var = format!("x{}", vars.len() - 1);
            vars.pop();
            format!("{list}.{name}({var}, {body})")
        };
        match (kind, pick(6)) {
            (_, 0) => {
                let (yes, no) = (sub(kind, vars, pick), sub(kind, vars, pick));
                format!("({} ? {yes} : {no})", sub('b', vars, pick))
            }
            ('i', 1) => format!("size({})", sub('l', vars, pick)),
            ('i', 2) => format!("({} + {})", sub('i', vars, pick), sub('i', vars, pick)),
            ('i', _) => format!("tick({})", sub('s', vars, pick)),
            ('s', 1) => format!("string({})", sub('i', vars, pick)),
            ('s', 2) => format!("{}[0]", loops("map", 's', vars, pick)),
            ('s', _) => format!("({} + {})", sub('s', vars, pick), sub('s', vars, pick)),
            ('b', 1) => format!("({} in {})", sub('i', vars, pick), sub('l', vars, pick)),
            ('b', 2) => format!("{}.contains({})", sub('s', vars, pick), sub('s', vars, pick)),
            ('b', n) => loops(["all", "exists", "exists_one"][n - 3], 'b', vars, pick),
            (_, 1) => format!("({} + {})", sub('l', vars, pick), sub('l', vars, pick)),
            (_, 2) => loops("filter", 'b', vars, pick),
            (_, 3) => format!("[{}, {}]", sub('s', vars, pick), sub('l', vars, pick)),
            (_, n) => loops("map", ['s', 'l'][n - 4], vars, pick),
        }
    }

    /// Values in a value, counted as the bound counts them.
    fn total(value: &cel::Value) -> u64 {
        match value {
            cel::Value::List(list) => list.iter().fold(1, |sum, item| sum + total(item)),
            cel::Value::String(text) => 1 + text.len() as u64 / 8,
            _ => 1,
        }
    }

    #[test]
    fn the_bound_holds_for_what_is_done_and_for_what_is_made() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};
        let facts =
            json!({ "n": 7, "text": "abcdefghijklmnop", "list": (0..40).collect::<Vec<u32>>(), "texts": ["a", "bc"] });
        let ticks = Arc::new(AtomicU64::new(0));
        let mut context = cel::Context::default();
        let count = Arc::clone(&ticks);
        let tick = move |_: cel::Value| -> cel::ResolveResult {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(cel::Value::Int(7))
        };
        context.add_function("tick", tick).unwrap();
        for (name, value) in facts.as_object().unwrap() {
            context.add_variable(name.as_str(), value).unwrap();
        }
        let (mut random, mut run, mut most) = (7_u64, 0, 0);
        for round in 0..3_000 {
            let mut pick = |end: usize| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) as usize % end
            };
            let source = make(['i', 's', 'b', 'l'][round % 4], 1 + round % 4, &mut Vec::new(), &mut pick);
            let program = cel::Program::compile(&source).unwrap_or_else(|e| panic!("{source}: {e}"));
            let (cost, known) = super::Estimate { facts: &facts, locals: super::BTreeMap::new(), depth: 0 }
                .expression(program.expression());
            if cost > 100_000 {
                continue;
            }
            ticks.store(0, Ordering::Relaxed);
            let Ok(value) = program.execute(&context) else { continue };
            let done = ticks.load(Ordering::Relaxed);
            assert!(done <= cost, "{source}: {done} calls, bound {cost}");
            let size = known.size();
            assert!(total(&value) <= size.total, "{source}: {} values, bound {size:?}", total(&value));
            if let cel::Value::List(list) = &value {
                assert!(list.len() as u64 <= size.items, "{source}: {} items, bound {size:?}", list.len());
                let largest = list.iter().map(total).max().unwrap_or(0);
                assert!(largest <= size.item, "{source}: an item of {largest}, bound {size:?}");
            }
            (run, most) = (run + 1, most.max(done));
        }
        assert!(run > 1_000 && most > 1_000, "only {run} were run, with {most} calls at most: they show nothing");
    }

    #[test]
    fn long_chains_do_not_exhaust_the_stack() {
        let chain = |part: &str, end: &str| part.repeat((crate::engine::checks::MAX_EXPRESSION - 8) / part.len()) + end;
        for expression in [
            chain("n+", "n"),
            chain("n==n||", "true"),
            chain("n in list in ", "list"),
            format!("node{}", chain(".a", "")),
            format!("list{}", chain("[0]", "")),
            format!("text{}", chain(".size()", "")),
            chain("[", "]"),
            chain("!", "true"),
            chain("true?n:", "n"),
            format!("[{}]", chain("n,", "n")),
            format!("{{{}}}", chain("'a':n,", "'b':n")),
            chain("\"\\u", "\""),
            chain("\u{feff}", ""),
        ] {
            // What comes out does not matter; that something does.
            let _ = judge(&expression);
        }
        for whole in [
            "9223372036854775807 + 1",
            "-9223372036854775808 - 1",
            "1 / 0",
            "1 % 0",
            "-9223372036854775808 / -1",
            "int(1e300)",
            "[1][9]",
        ] {
            assert!(judge(whole).is_err(), "{whole}: {:?}", judge(whole));
        }
    }

    #[test]
    fn nesting_is_counted_and_nothing_else() {
        let nested = |depth: usize| format!("{}n{}", "(".repeat(depth), ")".repeat(depth));
        for fine in [
            nested(64),
            vec!["n"; 66].join(" - ") + " < n",
            vec!["n"; 100].join(" * ") + " > n",
            vec!["list"; 100].join(" == ") + " != true",
            format!("'{}' != text", "-([{?!".repeat(100)),
            format!("text != r'\\' && {} == n", nested(60)),
            format!("{}n < 0", "-".repeat(65)),
            format!("{}true", "!".repeat(66)),
            "node['node-3'].keys - 1 - 2 < 5 // ((((((((((".to_owned(),
            format!("[{}].size() > n", vec!["-1"; 100].join(", ")),
        ] {
            // Some of it has no value; but all of it is judged.
            let judged = judge(&fine);
            assert!(matches!(judged, Ok(_) | Err(CheckError::Run { .. })), "{fine}: {judged:?}");
        }
        for deep in [nested(200), format!("{}1{}", "[".repeat(150), "]".repeat(150)), "true ? n : ".repeat(150) + "n"] {
            let said = judge(&deep).unwrap_err().to_string();
            assert!(said.contains("nested too deep"), "{said}");
        }
    }

    #[test]
    fn regular_expressions_are_refused_with_what_to_do() {
        for expression in ["text.matches('a')", "matches(text, 'a')", "list.all(x, ''.matches('\\\\w{500}') || true)"] {
            let said = judge(expression).unwrap_err().to_string();
            assert!(said.contains("no regular expressions") && said.contains("startsWith"), "{expression}: {said}");
        }
        // A text or a fact of that name is none.
        assert!(judge("text != 'matches'").is_ok());
    }

    #[test]
    fn texts_for_people() {
        let said = judge("percent(0.2489) + ' ' + thousands(2489) + ' ' + round(0.4567, 2) + ' ' + round(n, 0)");
        assert_eq!(said.ok(), Some(cel::Value::from("24.9 % 2,489 0.46 7")));
        for wrong in ["percent('a')", "thousands(-1)", "thousands(0.0 / 0.0)", "round(text, 1)", "n - text"] {
            assert!(judge(wrong).is_err(), "{wrong}");
        }
        assert_eq!(judge("n - 9").ok(), Some(cel::Value::Int(-2)));
    }
}
