//! [`Shape`]: what a rewriting has to know of a module before it begins.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef};

/// The functions, their types, the exports and the memory of a module.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// How many types there are.
    pub(super) types: u32,
    /// How many functions are imported; the module's own come behind them.
    pub(super) imported_functions: u32,
    /// The pages that the module starts with.
    pub(super) memory_pages: u32,
    /// The most pages that it may have.
    pub(super) memory_maximum: Option<u64>,
    function_types: Vec<FuncType>,
    type_of_own: Vec<u32>,
    exports: BTreeMap<String, u32>,
}

impl Shape {
    pub(super) fn of(wasm: &[u8]) -> Result<Self, String> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(|error| error.to_string())?;
            shape.read(payload).map_err(|error| error.to_string())?;
        }
        Ok(shape)
    }

    /// The function that is exported under this name.
    pub(super) fn export(&self, name: &str) -> Result<u32, String> {
        let found = self.exports.get(name).copied();
        found.ok_or_else(|| format!("the module has no `{name}`"))
    }

    /// The index of the type of one of the module's own functions.
    pub(super) fn type_of(&self, function: u32) -> u32 {
        self.type_of_own[(function - self.imported_functions) as usize]
    }

    /// How many parameters one of the module's own functions takes.
    pub(super) fn parameters(&self, function: u32) -> u32 {
        let function_type = &self.function_types[self.type_of(function) as usize];
        u32::try_from(function_type.params().len()).expect("few parameters")
    }

    pub(super) fn own_functions(&self) -> u32 {
        u32::try_from(self.type_of_own.len()).expect("wasm counts in 32 bits")
    }

    fn read(&mut self, payload: Payload<'_>) -> Result<(), wasmparser::BinaryReaderError> {
        match payload {
            Payload::TypeSection(types) => {
                for function_type in types.into_iter_err_on_gc_types() {
                    self.function_types.push(function_type?);
                    self.types += 1;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.imported_functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(functions) => {
                self.type_of_own = functions.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory?;
                    self.memory_pages = u32::try_from(memory.initial).expect("32 bits of memory");
                    self.memory_maximum = memory.maximum;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name.to_owned(), export.index);
                    }
                }
            }
            // The rest is copied as it is.
            _ => {}
        }
        Ok(())
    }
}
