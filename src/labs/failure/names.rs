//! From names to what they name.

use super::model::FailureModel;
use super::plan::Scope;
use crate::engine::ModelError;

impl FailureModel {
    /// What a name names.
    pub(super) fn find(&self, name: &str) -> Result<Scope, ModelError> {
        self.plan.find(name).ok_or_else(|| {
            let shown: String = name.chars().take(30).collect();
            let names: Vec<&str> = self.plan.machines.iter().map(|m| m.name.as_str()).take(12).collect();
            let zones: Vec<&str> = self.plan.zones.iter().map(|z| z.name.as_str()).take(6).collect();
            let remedy = format!("the machines are {}; the zones {}", names.join(", "), zones.join(", "));
            ModelError::new(format!("there is nothing called '{shown}'"), remedy)
        })
    }

    /// The machine of a name.
    pub(super) fn find_machine(&self, name: &str) -> Result<usize, ModelError> {
        match self.find(name)? {
            Scope::Machine(m) => Ok(m),
            scope => {
                let inside: Vec<&str> =
                    self.plan.inside(scope).into_iter().map(|m| self.plan.machines[m].name.as_str()).collect();
                Err(ModelError::new(
                    format!("'{name}' is not one machine"),
                    format!("name one of: {}", inside.join(", ")),
                ))
            }
        }
    }

    /// The tier of a name: its own, or that of a machine.
    pub(super) fn find_tier(&self, name: &str) -> Result<usize, ModelError> {
        if let Some(tier) = self.plan.tiers.iter().position(|t| t.name == name) {
            return Ok(tier);
        }
        if let Some(Scope::Machine(m)) = self.plan.find(name) {
            return Ok(self.plan.machines[m].tier);
        }
        let names: Vec<&str> = self.plan.tiers.iter().map(|t| t.name.as_str()).collect();
        let shown: String = name.chars().take(30).collect();
        Err(ModelError::new(
            format!("there is no component '{shown}'"),
            format!("the components are {}", names.join(", ")),
        ))
    }

    /// A name for a new component.
    pub(super) fn fresh_name(&self) -> String {
        let names = ["cache", "queue", "search", "files"].map(str::to_owned).into_iter();
        names.chain((1..).map(|i| format!("part{i}"))).find(|n| self.plan.find(n).is_none()).unwrap_or_default()
    }
}
