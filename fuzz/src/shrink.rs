//! Makes a step and its rows smaller, as long as a database answers in another way than expected.

use activerecord_core::statement::Statement;

use crate::print;
use crate::site::Site;
use crate::step::{Outcome, Step, each};
use crate::tree::variant;
use crate::world::World;

/// A step, and rows, that are answered in another way than expected.
struct Case {
    step: Step,
    world: World,
    expected: Outcome,
    found: Outcome,
}

/// Shrinks a step that a database answered in another way than expected, by at most so many tries. Returns the text that
/// shows it.
pub(crate) async fn shrink(step: &Step, world: &World, site: &Site, answers: [&Outcome; 2], most: usize) -> String {
    let Some(mut case) = attempt(step.clone(), world.clone(), site).await else {
        let [expected, found] = answers.map(Outcome::clone);
        let case = Case { step: step.clone(), world: world.clone(), expected, found };
        return format!("it differs only at the first run\n{}", case.text(site));
    };
    let mut left = most;
    while left > 0 {
        let is_smaller = fewer_rows(&mut case, site, &mut left).await | fewer_parts(&mut case, site, &mut left).await;
        if !is_smaller {
            break;
        }
    }
    case.text(site)
}

/// Runs the case. None: it is answered as expected, or the evaluator does not know it.
async fn attempt(step: Step, world: World, site: &Site) -> Option<Case> {
    let expected = step.expected(&world, &world.evaluated())?;
    let found = site.run(&step, &world, false).await;
    (!site.is_alike(&step, &expected, &found)).then_some(Case { step, world, expected, found })
}

async fn fewer_rows(case: &mut Case, site: &Site, left: &mut usize) -> bool {
    let mut is_smaller = false;
    for table in 0..case.world.tables.len() {
        let mut row = 0;
        while row < case.world.tables[table].rows.len() && *left > 0 {
            let mut world = case.world.clone();
            world.tables[table].rows.remove(row);
            *left -= 1;
            match attempt(case.step.clone(), world, site).await {
                Some(smaller) => {
                    *case = smaller;
                    is_smaller = true;
                }
                None => row += 1,
            }
        }
    }
    is_smaller
}

async fn fewer_parts(case: &mut Case, site: &Site, left: &mut usize) -> bool {
    let (mut is_smaller, mut number) = (false, 0);
    while let Some(step) = variant(&case.step, number).filter(|_| *left > 0) {
        *left -= 1;
        match attempt(step, case.world.clone(), site).await {
            Some(smaller) => {
                *case = smaller;
                is_smaller = true;
            }
            None => number += 1,
        }
    }
    is_smaller
}

impl Case {
    fn text(&self, site: &Site) -> String {
        let mut sql = Vec::new();
        match &self.step {
            Step::Read(query) => sql.push(rendered(Statement::Select(query.clone()), site)),
            Step::Write(writes) => each(writes, &mut |statement| sql.push(rendered(statement.clone(), site))),
        }
        let sql = sql.join("\n");
        let program = match &self.step {
            Step::Read(query) => print::query(query).map(|query| format!("{query}.all().await?\n")).unwrap_or_default(),
            Step::Write(_) => String::new(),
        };
        let (models, name) = (self.world.program(&sql), site.name());
        format!("{models}{program}{sql}\nexpected: {:?}\n{name}: {:?}\n", self.expected, self.found)
    }
}

pub(crate) fn rendered(statement: Statement, site: &Site) -> String {
    match site.render(statement) {
        Ok((text, binds)) => format!("{text}\nbinds: {binds:?}"),
        Err(error) => format!("cannot be rendered: {error}"),
    }
}
