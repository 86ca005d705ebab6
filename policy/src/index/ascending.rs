//! Lists in ascending order.

/// Puts an item into its place, if it is not there. Few items come so; a sort of all would be more code.
pub(super) fn insert<T: Copy + Ord>(list: &mut Vec<T>, item: T) {
    let place = list.partition_point(|other| *other < item);
    if list.get(place) == Some(&item) {
        return;
    }
    list.push(item);
    let behind = list.get_mut(place..).unwrap_or_default();
    behind
        .iter_mut()
        .fold(item, |moved, slot| std::mem::replace(slot, moved));
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_item_stands_once_and_in_its_place() {
        let mut list = Vec::new();
        for item in [5, 1, 5, 9, 0, 7, 9] {
            insert(&mut list, item);
        }
        assert_eq!(list, [0, 1, 5, 7, 9]);
    }
}
