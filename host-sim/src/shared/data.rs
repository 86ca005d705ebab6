//! Shared data: values by key, apart for each `vm_id`, and each with the number of its last change.

use std::collections::BTreeMap;

use crate::abi::Status;

/// The shared data of a process.
#[derive(Debug, Default)]
pub(crate) struct SharedData {
    entries: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Entry>>,
    /// One sequence for the whole process, whatever the `vm_id` and the key.
    last_cas: u32,
}

/// A value and the number of the change that put it there: compare-and-swap needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: Vec<u8>,
    pub(crate) cas: u32,
}

impl SharedData {
    pub(crate) fn get(&self, vm_id: &[u8], key: &[u8]) -> Result<&Entry, Status> {
        let entries = self.entries.get(vm_id).ok_or(Status::NotFound)?;
        entries.get(key).ok_or(Status::NotFound)
    }

    /// Sets a value if the one that is there has this number; number 0, or no value there, sets it anyway.
    pub(crate) fn set(&mut self, vm_id: &[u8], key: Vec<u8>, value: Vec<u8>, cas: u32) -> Result<(), Status> {
        if cas != 0 && self.get(vm_id, &key).is_ok_and(|entry| entry.cas != cas) {
            return Err(Status::CasMismatch);
        }
        let cas = self.next_cas();
        let entries = self.entries.entry(vm_id.to_vec()).or_default();
        entries.insert(key, Entry { value, cas });
        Ok(())
    }

    /// Drops everything of this `vm_id`.
    pub(crate) fn forget(&mut self, vm_id: &[u8]) {
        self.entries.remove(vm_id);
    }

    /// The first number is 1, and 0 is left out where the sequence begins anew: it stands for "no check".
    fn next_cas(&mut self) -> u32 {
        self.last_cas = self.last_cas.checked_add(1).unwrap_or(1);
        self.last_cas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(data: &mut SharedData, key: &str, cas: u32) -> Result<(), Status> {
        data.set(b"vm", key.into(), b"value".to_vec(), cas)
    }

    fn cas(data: &SharedData, key: &str) -> u32 {
        data.get(b"vm", key.as_bytes()).unwrap().cas
    }

    #[test]
    fn each_change_in_the_process_has_the_next_number() {
        let mut data = SharedData::default();
        set(&mut data, "a", 0).unwrap();
        data.set(b"other", b"a".to_vec(), Vec::new(), 0).unwrap();
        set(&mut data, "b", 0).unwrap();
        assert_eq!((cas(&data, "a"), cas(&data, "b")), (1, 3));
    }

    #[test]
    fn a_refused_change_takes_no_number_and_changes_nothing() {
        let mut data = SharedData::default();
        set(&mut data, "a", 0).unwrap();
        assert_eq!(
            data.set(b"vm", b"a".to_vec(), b"other".to_vec(), 7),
            Err(Status::CasMismatch)
        );
        assert_eq!(data.get(b"vm", b"a").unwrap().value, b"value");
        set(&mut data, "a", 1).unwrap();
        assert_eq!(cas(&data, "a"), 2);
    }

    #[test]
    fn any_number_sets_a_key_that_is_not_there() {
        let mut data = SharedData::default();
        assert_eq!(set(&mut data, "a", 99), Ok(()));
    }

    #[test]
    fn the_sequence_leaves_zero_out_when_it_begins_anew() {
        let mut data = SharedData {
            last_cas: u32::MAX - 1,
            ..SharedData::default()
        };
        set(&mut data, "a", 0).unwrap();
        set(&mut data, "b", 0).unwrap();
        assert_eq!((cas(&data, "a"), cas(&data, "b")), (u32::MAX, 1));
    }

    #[test]
    fn what_is_forgotten_is_that_of_one_vm_id() {
        let mut data = SharedData::default();
        set(&mut data, "a", 0).unwrap();
        data.set(b"other", b"a".to_vec(), Vec::new(), 0).unwrap();
        data.forget(b"vm");
        assert_eq!(data.get(b"vm", b"a"), Err(Status::NotFound));
        assert!(data.get(b"other", b"a").is_ok());
    }
}
