//! Table `anchors`: what others published, for scale. Their data, not ours.
//!
//! Does not know about runs.

use super::{
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};

/// Name, what it is of, what was reported, how many cases, where.
const PUBLISHED: [[&str; 5]; 7] = [
    [
        "ovarian-pelvic",
        "ovarian cancer on CT, pelvic and ovarian disease, external test",
        "Dice 0.71, SD 0.20",
        "71",
        "Buddenkotte et al., Eur Radiol Exp 2023, doi:10.1186/s41747-023-00388-z",
    ],
    [
        "ovarian-omental",
        "the same, omental disease",
        "Dice 0.61, SD 0.24",
        "71",
        "Buddenkotte et al., Eur Radiol Exp 2023, doi:10.1186/s41747-023-00388-z",
    ],
    [
        "pan-cancer",
        "lesions of many cancers on CT",
        "Dice 0.649 (organs 0.923)",
        "-",
        "FLARE pan-cancer challenge",
    ],
    [
        "observers-liver",
        "two readers, liver tumours on CT",
        "volume overlap differs by 17.8 %",
        "-",
        "Joskowicz et al., Eur Radiol 2019",
    ],
    [
        "observers-lung",
        "two readers, lung tumours on CT",
        "volume overlap differs by 20.8 %",
        "-",
        "Joskowicz et al., Eur Radiol 2019",
    ],
    [
        "observers-kidney",
        "two readers, kidney on CT",
        "volume overlap differs by 8.8 %",
        "-",
        "Joskowicz et al., Eur Radiol 2019",
    ],
    [
        "interval-width",
        "95 % interval of a mean Dice with 20 cases",
        "about 6 points wide; about 200 cases for 2 points",
        "-",
        "El Jurdi et al., arXiv 2307.10926",
    ],
];

/// The published figures.
pub(super) fn anchors() -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "anchors",
            "Published by others",
            "Figures of other groups on other data with other definitions: a scale, not a comparison. None was measured here.",
        ),
        &["name"],
        &[
            ("what", "of", NumberFormat::Words),
            ("value", "reported", NumberFormat::Words),
            ("n", "n cases", NumberFormat::Words),
            ("source", "source", NumberFormat::Words),
        ],
    );
    for [name, what, value, n, source] in PUBLISHED {
        table.push(&[name], &[], [what, value, n, source].map(CellValue::words).to_vec());
    }
    table
}
