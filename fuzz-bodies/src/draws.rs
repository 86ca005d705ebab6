//! [`Draws`]: an input read as choices.

/// The bytes of an input, taken from the front; where none are left, each is zero.
#[derive(Clone, Debug)]
pub(crate) struct Draws<'b>(&'b [u8]);

impl<'b> Draws<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    /// Once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub(crate) fn pick<'t, T>(&mut self, choices: &'t [T]) -> &'t T {
        &choices[self.below(choices.len())]
    }

    /// Fewer than `end` bytes as they stand in the input.
    pub(crate) fn bytes(&mut self, end: usize) -> &'b [u8] {
        let length = self.below(end).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// Fewer than `end` values.
    pub(crate) fn list<T>(&mut self, end: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(end)).map(|_| draw(self)).collect()
    }
}
