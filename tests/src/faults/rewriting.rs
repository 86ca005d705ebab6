//! [`rewritten`]: the built filter with one thing changed, so that a fault is one of the filter that is shipped.
//!
//! The callback that is broken gets a function in front: where the fault's condition holds, it does what is wrong, and
//! otherwise it calls the filter's own. Telling a worker from the main thread takes a count of calls in shared data,
//! which needs two more imports; all function indices move up by them.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Instruction,
    MemArg, MemArgTarget, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmparser::Parser;

use crate::faults::rewriting::shape::Shape;

mod shape;

const PAGE_BYTES: u32 = 65_536;

/// What is changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// The module has no such callback.
    Without(&'static str),
    /// The module cannot have more memory than it starts with.
    NoMoreMemory,
    /// A callback does something wrong.
    Broken {
        /// Its name.
        callback: &'static str,
        /// When it does.
        when: When,
        /// What it does.
        act: Act,
    },
}

/// When a callback does something wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// Each time.
    Always,
    /// Where its second argument (the parent of a context, the number of headers, the number of bytes) is greater.
    SecondArgumentOver(i32),
    /// After so many calls in the whole process: those of the main thread, which come first.
    AfterCalls(i32),
}

/// What a callback does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// It panics: in wasm that is a trap.
    Panic,
    /// It answers this without having done anything.
    Answer(i32),
    /// It takes all memory that there is, and then does its work.
    TakeAllMemory,
}

/// The module with that change.
///
/// # Errors
/// When the module has no such callback or cannot be read.
pub fn rewritten(wasm: &[u8], change: Change) -> Result<Vec<u8>, String> {
    let shape = Shape::of(wasm)?;
    if let Change::Without(callback) | Change::Broken { callback, .. } = change {
        shape.export(callback)?;
    }
    let mut module = Module::new();
    let mut rewriting = Rewriting { shape, change };
    rewriting
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| error.to_string())?;
    Ok(module.finish())
}

struct Rewriting {
    shape: Shape,
    change: Change,
}

impl Rewriting {
    fn counts_calls(&self) -> bool {
        matches!(
            self.change,
            Change::Broken {
                when: When::AfterCalls(_),
                ..
            }
        )
    }

    fn imports_added(&self) -> u32 {
        if self.counts_calls() { 2 } else { 0 }
    }

    /// The function in front of the callback.
    fn front(&self) -> u32 {
        self.shape.imported_functions + self.imports_added() + self.shape.own_functions()
    }

    /// Where the two added types stand.
    fn added_types(&self) -> [u32; 2] {
        [self.shape.types, self.shape.types + 1]
    }

    /// The first byte of a page that the filter does not know of.
    fn scratch(&self) -> i32 {
        i32::try_from(self.shape.memory_pages * PAGE_BYTES).expect("the filter starts with little memory")
    }

    fn front_function(&self, callback: &str, when: When, act: Act) -> Function {
        let original = self.shape.export(callback).expect("it was there before");
        let mut function = Function::new([]);
        self.condition(when).iter().for_each(|step| {
            function.instruction(step);
        });
        function.instruction(&Instruction::If(BlockType::Empty));
        deed(act).iter().for_each(|step| {
            function.instruction(step);
        });
        function.instruction(&Instruction::End);
        for parameter in 0..self.shape.parameters(original) {
            function.instruction(&Instruction::LocalGet(parameter));
        }
        function.instruction(&Instruction::Call(original + self.imports_added()));
        function.instruction(&Instruction::End);
        function
    }

    fn condition(&self, when: When) -> Vec<Instruction<'static>> {
        match when {
            When::Always => vec![Instruction::I32Const(1)],
            When::SecondArgumentOver(bound) => vec![
                Instruction::LocalGet(1),
                Instruction::I32Const(bound),
                Instruction::I32GtS,
            ],
            When::AfterCalls(calls) => vec![
                Instruction::Call(self.front() + 1),
                Instruction::I32Const(calls),
                Instruction::I32GtS,
            ],
        }
    }

    /// Counts this call in shared data and returns how many there were. Layout of the scratch page: 0 the key, 16 where
    /// the value was put, 20 its size, 24 its version, 28 the new value.
    fn count_function(&self) -> Function {
        let at = |offset: i32| Instruction::I32Const(self.scratch() + offset);
        let (get, set) = (self.shape.imported_functions, self.shape.imported_functions + 1);
        let mut function = Function::new([]);
        let steps = [
            at(0),
            Instruction::I32Const(i32::from(b'n')),
            Instruction::I32Store8(word(0)),
            at(28),
            Instruction::I32Const(0),
            Instruction::I32Store(word(2)),
            at(0),
            Instruction::I32Const(1),
            at(16),
            at(20),
            at(24),
            Instruction::Call(get),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            at(28),
            at(16),
            Instruction::I32Load(word(2)),
            Instruction::I32Load(word(0)),
            Instruction::I32Store(word(2)),
            Instruction::End,
            at(28),
            at(28),
            Instruction::I32Load(word(2)),
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Store(word(2)),
            at(0),
            Instruction::I32Const(1),
            at(28),
            Instruction::I32Const(4),
            Instruction::I32Const(0),
            Instruction::Call(set),
            Instruction::Drop,
            at(28),
            Instruction::I32Load(word(2)),
            Instruction::End,
        ];
        steps.iter().for_each(|step| {
            function.instruction(step);
        });
        function
    }
}

fn deed(act: Act) -> Vec<Instruction<'static>> {
    match act {
        Act::Panic => vec![Instruction::Unreachable],
        Act::Answer(answer) => vec![Instruction::I32Const(answer), Instruction::Return],
        Act::TakeAllMemory => vec![
            Instruction::Loop(BlockType::Empty),
            Instruction::I32Const(1),
            Instruction::MemoryGrow(0),
            Instruction::I32Const(-1),
            Instruction::I32Ne,
            Instruction::BrIf(0),
            Instruction::End,
        ],
    }
}

fn word(align: u32) -> MemArg {
    MemArg {
        offset: 0,
        align,
        target: MemArgTarget::default(),
        ordering: None,
    }
}

impl Reencode for Rewriting {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        let own = function >= self.shape.imported_functions;
        Ok(if own {
            function + self.imports_added()
        } else {
            function
        })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32; 5], [ValType::I32]);
        types.ty().function([], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_import_section(self, imports, section)?;
        if self.counts_calls() {
            let [of_shared_data, _] = self.added_types();
            for name in ["proxy_get_shared_data", "proxy_set_shared_data"] {
                imports.import("env", name, wasm_encoder::EntityType::Function(of_shared_data));
            }
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_function_section(self, functions, section)?;
        if let Change::Broken { callback, .. } = self.change {
            let original = self.shape.export(callback).expect("it was there before");
            functions.function(self.shape.type_of(original));
        }
        if self.counts_calls() {
            functions.function(self.added_types()[1]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        if self.imports_added() > 0 {
            utils::parse_code_section(self, code, section)?;
        } else {
            // No index has moved, so the bodies are good as they are.
            for body in section {
                code.raw(body?.as_bytes());
            }
        }
        if let Change::Broken { callback, when, act } = self.change {
            code.function(&self.front_function(callback, when, act));
        }
        if self.counts_calls() {
            code.function(&self.count_function());
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Result<(), Error> {
        match self.change {
            Change::Without(callback) if export.name == callback => {}
            Change::Broken { callback, .. } if export.name == callback => {
                exports.export(callback, ExportKind::Func, self.front());
            }
            Change::Without(_) | Change::Broken { .. } | Change::NoMoreMemory => {
                utils::parse_export(self, exports, export)?;
            }
        }
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        _section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        let pages = u64::from(self.shape.memory_pages);
        memories.memory(MemoryType {
            minimum: if self.counts_calls() { pages + 1 } else { pages },
            maximum: match self.change {
                Change::NoMoreMemory => Some(pages),
                Change::Without(_) | Change::Broken { .. } => self.shape.memory_maximum,
            },
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module
        (import "env" "outside" (func $outside (result i32)))
        (memory (export "memory") 1 4)
        (func $sum (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "outside_and_own") (result i32) (i32.add (call $outside) (call $sum (i32.const 1) (i32.const 2)))))"#;

    fn text(change: Change) -> String {
        let module = wat::parse_str(MODULE).unwrap();
        let rewritten = rewritten(&module, change).unwrap();
        wasmparser::validate(&rewritten).unwrap();
        let shape = Shape::of(&rewritten).unwrap();
        format!("{shape:?}")
    }

    #[test]
    fn every_change_gives_a_valid_module() {
        let whens = [When::Always, When::SecondArgumentOver(3), When::AfterCalls(2)];
        let acts = [Act::Panic, Act::Answer(0), Act::TakeAllMemory];
        for when in whens {
            for act in acts {
                let callback = "sum";
                assert!(text(Change::Broken { callback, when, act }).contains("sum"));
            }
        }
        assert!(!text(Change::Without("sum")).contains("\"sum\""));
        assert!(text(Change::NoMoreMemory).contains("memory_maximum: Some(1)"));
    }

    #[test]
    fn a_callback_that_is_not_there_cannot_be_broken() {
        let module = wat::parse_str(MODULE).unwrap();
        assert!(rewritten(&module, Change::Without("other")).is_err());
    }
}
