//! From expressions to atomic parts: shared reads one by one, and the right side of `and` and `or` only if it matters.

use super::ast::{Atomic, BinOp, Expr, Kind, Name};
use super::compile::{Compiled, Compiler};
use super::emit::Label;
use super::part::{Code, Op};

impl Compiler<'_> {
    /// Does the shared reads of an expression, in order, and gives what is left to compute.
    pub(super) fn flatten(&mut self, expr: &Expr) -> Compiled<Code> {
        Ok(match expr {
            Expr::Int(n) => Code::Int(*n),
            Expr::Me => Code::Int(self.number as i32),
            Expr::Name(name) => match self.locals.iter().position(|l| *l == name.text) {
                Some(local) => Code::Reg(local),
                None => {
                    let variable = self.variable(name)?;
                    let register = self.temporary();
                    self.out.emit(Op::Read(variable, register), format!("read {}", name.text));
                    Code::Reg(register)
                }
            },
            Expr::Not(inner) => Code::Not(Box::new(self.flatten(inner)?)),
            Expr::Neg(inner) => Code::Neg(Box::new(self.flatten(inner)?)),
            Expr::Binary(op @ (BinOp::And | BinOp::Or), left, right) if self.takes_steps(right) => {
                let (on, end) = (self.out.label(), self.out.label());
                let left = match op {
                    BinOp::And => self.decide(left, on, end)?,
                    _ => self.decide(left, end, on)?,
                };
                self.out.place(on);
                let right = self.flatten(right)?;
                self.out.place(end);
                Code::Binary(*op, Box::new(left), Box::new(right))
            }
            Expr::Binary(op, left, right) => {
                let left = self.flatten(left)?;
                Code::Binary(*op, Box::new(left), Box::new(self.flatten(right)?))
            }
            Expr::Atomic(atomic, name, arguments) => self.atomic(*atomic, name, arguments)?,
        })
    }

    /// As [`Compiler::flatten`], and goes to one of two places. What was read stays, so that the value can be computed
    /// again where both ways have met: an `and` whose left side is false never looks at the right one.
    fn decide(&mut self, expr: &Expr, yes: Label, no: Label) -> Compiled<Code> {
        Ok(match expr {
            Expr::Not(inner) => Code::Not(Box::new(self.decide(inner, no, yes)?)),
            Expr::Binary(op @ (BinOp::And | BinOp::Or), left, right) if self.takes_steps(right) => {
                let on = self.out.label();
                let left = match op {
                    BinOp::And => self.decide(left, on, no)?,
                    _ => self.decide(left, yes, on)?,
                };
                self.out.place(on);
                Code::Binary(*op, Box::new(left), Box::new(self.decide(right, yes, no)?))
            }
            expr => {
                let before = self.out.len();
                let code = self.flatten(expr)?;
                self.out.branch(code.clone(), before, yes, no);
                code
            }
        })
    }

    /// Whether others can come between while an expression is evaluated.
    fn takes_steps(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Int(_) | Expr::Me => false,
            Expr::Name(name) => !self.locals.contains(&name.text),
            Expr::Not(inner) | Expr::Neg(inner) => self.takes_steps(inner),
            Expr::Binary(_, left, right) => self.takes_steps(left) || self.takes_steps(right),
            Expr::Atomic(..) => true,
        }
    }

    fn atomic(&mut self, atomic: Atomic, name: &Name, arguments: &[Expr]) -> Compiled<Code> {
        let mut values = arguments.iter().map(|a| self.flatten(a)).collect::<Compiled<Vec<Code>>>()?.into_iter();
        let mut value = || values.next().unwrap_or(Code::Int(0));
        let word = Atomic::ALL.iter().find(|(_, a, _)| *a == atomic).map_or("", |(w, ..)| w);
        let register = self.temporary();
        let op = match atomic {
            Atomic::Cas => Op::Cas(self.variable(name)?, value(), value(), register),
            Atomic::FetchAdd => Op::FetchAdd(self.variable(name)?, value(), register),
            Atomic::TryLock => {
                let fits = |k| matches!(k, Kind::Mutex { .. } | Kind::Monitor);
                Op::TryLock(self.object(name, word, fits)?, register)
            }
            Atomic::TryAcquire => {
                Op::TryAcquire(self.object(name, word, |k| matches!(k, Kind::Semaphore(_)))?, register)
            }
        };
        self.out.emit(op, format!("{word} {}", name.text));
        Ok(Code::Reg(register))
    }

    /// A condition: its last part goes to one of two places, and nothing that was read is needed there.
    pub(super) fn condition(&mut self, expr: &Expr, yes: Label, no: Label) -> Compiled<()> {
        match expr {
            Expr::Not(inner) => self.condition(inner, no, yes),
            Expr::Binary(BinOp::And, left, right) => {
                let then = self.out.label();
                self.condition(left, then, no)?;
                self.out.place(then);
                self.condition(right, yes, no)
            }
            Expr::Binary(BinOp::Or, left, right) => {
                let otherwise = self.out.label();
                self.condition(left, yes, otherwise)?;
                self.out.place(otherwise);
                self.condition(right, yes, no)
            }
            expr => {
                self.next = self.locals.len();
                let before = self.out.len();
                let code = self.flatten(expr)?;
                self.out.branch(code, before, yes, no);
                self.clear();
                Ok(())
            }
        }
    }

    /// An assertion that an expression is true, or false: the thread fails as soon as that is decided.
    pub(super) fn require(&mut self, expr: &Expr, truth: bool) -> Compiled<()> {
        match expr {
            Expr::Not(inner) => self.require(inner, !truth),
            Expr::Binary(op @ (BinOp::And | BinOp::Or), left, right) => {
                if (*op == BinOp::And) == truth {
                    self.require(left, truth)?;
                    return self.require(right, truth);
                }
                let (on, end) = (self.out.label(), self.out.label());
                let (yes, no) = if truth { (end, on) } else { (on, end) };
                self.condition(left, yes, no)?;
                self.out.place(on);
                self.require(right, truth)?;
                self.out.place(end);
                Ok(())
            }
            expr => {
                self.next = self.locals.len();
                let before = self.out.len();
                let code = self.flatten(expr)?;
                self.out.check(if truth { code } else { Code::Not(Box::new(code)) }, before);
                self.clear();
                Ok(())
            }
        }
    }
}
