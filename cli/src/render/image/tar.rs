//! Tar archives that depend on nothing but names and contents: no owner, and no time.

/// Bytes of a header, and what contents are filled up to.
const BLOCK: usize = 512;

/// Files of these names and contents, in this order, as ustar. A name has at most 100 bytes.
pub(super) fn archive<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in files {
        archive.extend(header(name, content.len()));
        archive.extend(content);
        fill(&mut archive);
    }
    // Two empty blocks are the end.
    archive.extend([0; BLOCK]);
    archive.extend([0; BLOCK]);
    archive
}

/// Fields in their order: name, mode, owner, group, size, time, checksum, kind, and what makes it ustar.
fn header(name: &str, size: usize) -> Vec<u8> {
    let fields = |checksum: &str| {
        let mut header = Vec::with_capacity(BLOCK);
        header.extend(field::<100>(name));
        header.extend(field::<8>("0000644"));
        header.extend(field::<8>("0000000"));
        header.extend(field::<8>("0000000"));
        header.extend(field::<12>(&format!("{size:011o}")));
        header.extend(field::<12>("00000000000"));
        header.extend(checksum.as_bytes());
        header.extend(b"0");
        header.extend(field::<100>(""));
        header.extend(b"ustar\x0000");
        fill(&mut header);
        header
    };
    // The sum is over the header with spaces in the place of the sum.
    let sum: u64 = fields("        ").iter().map(|byte| u64::from(*byte)).sum();
    fields(&format!("{sum:06o}\0 "))
}

/// The text, filled with zeros.
fn field<const WIDTH: usize>(text: &str) -> [u8; WIDTH] {
    let mut field = [0; WIDTH];
    for (place, byte) in field.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    field
}

fn fill(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}
