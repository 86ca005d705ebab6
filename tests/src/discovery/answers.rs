//! [`Answers`]: what Envoys made of what they were sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::discovery::shelf::Version;

const PATIENCE: Duration = Duration::from_secs(30);

/// What one proxy made of one version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The id of its node.
    pub node: String,
    /// What it was sent.
    pub version: Version,
    /// Why it did not take it; `None` is an ACK.
    pub refused: Option<String>,
}

/// All answers, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Answers(Arc<watch::Sender<Vec<Answer>>>);

impl Default for Answers {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }
}

impl Answers {
    pub(super) fn add(&self, answer: Answer) {
        self.0.send_modify(|answers| answers.push(answer));
    }

    /// All of them so far.
    #[must_use]
    pub fn all(&self) -> Vec<Answer> {
        self.0.borrow().clone()
    }

    /// The answer to this version, once it is there.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn to(&self, version: Version) -> Result<Answer, String> {
        let mut all = self.all_to(version, 1).await?;
        all.pop().ok_or_else(|| "no answer".to_owned())
    }

    /// The answers to this version, once there are as many.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn all_to(&self, version: Version, count: usize) -> Result<Vec<Answer>, String> {
        let to_it = |answer: &&Answer| answer.version == version;
        let count_is_there = |answers: &[Answer]| answers.iter().rev().filter(to_it).count() >= count;
        let there = self.until(count_is_there).await;
        there.map_err(|error| format!("no {count} answers to version {version}: {error}"))?;
        let answers = self.0.borrow();
        Ok(answers.iter().rev().filter(to_it).cloned().collect())
    }

    /// Waits until the answers are as `enough` wants them.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn until(&self, mut enough: impl FnMut(&[Answer]) -> bool) -> Result<(), String> {
        let mut follow = self.0.subscribe();
        let there = follow.wait_for(|answers| enough(answers));
        match timeout(PATIENCE, there).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err("the server has ended".to_owned()),
            Err(_) => Err(format!("nothing of it within {PATIENCE:?}")),
        }
    }
}
