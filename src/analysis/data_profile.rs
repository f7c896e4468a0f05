//! [`profile_parquet`]: the profile of a data set as a Parquet file, a row a class of a case.
//!
//! Does not know how the profile was measured, or where the file goes.

use super::{frames::unbuilt, parquet::encode};
use crate::{
    base::Result,
    metric::{ClassInCase, DataProfile},
};
use polars::prelude::*;

/// A row for every class of every case, as [`DataProfile::by_case`] has them: `case`, `class`,
/// `voxels`, `ml`, the 5th, 50th and 95th percentile of HU, `hu_auc`, the number of components and
/// their smallest, median and largest volume in mL. What is undefined is null.
///
/// # Errors
/// When polars cannot build the file.
pub fn profile_parquet(profile: &DataProfile) -> Result<Vec<u8>> {
    frame(&profile.by_case).and_then(|frame| encode(&frame)).map_err(|error| unbuilt(&error))
}

fn frame(rows: &[ClassInCase]) -> PolarsResult<DataFrame> {
    let text = |name: &str, of: fn(&ClassInCase) -> &str| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<&str>>()).into_column()
    };
    let count = |name: &str, of: fn(&ClassInCase) -> u64| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<u64>>()).into_column()
    };
    let number = |name: &str, of: fn(&ClassInCase) -> Option<f64>| {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<f64>>>()).into_column()
    };
    let columns = vec![
        text("case", |row| &row.case),
        text("class", |row| &row.class),
        count("voxels", |row| row.voxels),
        number("ml", |row| Some(row.ml)),
        number("hu_p5", |row| row.hu.map(|hu| f64::from(hu.p5))),
        number("hu_p50", |row| row.hu.map(|hu| f64::from(hu.p50))),
        number("hu_p95", |row| row.hu.map(|hu| f64::from(hu.p95))),
        number("hu_auc", |row| row.hu_auc),
        count("components", |row| row.component_ml.len() as u64),
        number("component_ml_min", |row| row.component_ml.last().copied()),
        number("component_ml_median", |row| median(&row.component_ml)),
        number("component_ml_max", |row| row.component_ml.first().copied()),
    ];
    DataFrame::new(rows.len(), columns)
}

/// Of values in descending order.
fn median(descending: &[f64]) -> Option<f64> {
    let ascending: Vec<f64> = descending.iter().rev().copied().collect();
    super::quantile(&ascending, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{analysis::parquet::decode, metric::HuQuantiles};

    #[test]
    fn every_class_of_a_case_is_a_row_that_comes_back() {
        let tumour = ClassInCase {
            case: "case_001".into(),
            class: "tumour".into(),
            voxels: 70,
            ml: 3.5,
            hu: Some(HuQuantiles { p5: -20, p50: 35, p95: 80 }),
            hu_auc: Some(0.625),
            component_ml: vec![2.0, 1.0, 0.25, 0.25],
        };
        let none =
            ClassInCase { case: "case_002".into(), class: "tumour".into(), ..Default::default() };
        let by_case = vec![tumour, none];
        let profile = DataProfile { hu_percentiles: Vec::new(), by_class: Vec::new(), by_case };
        let read = decode(&profile_parquet(&profile).unwrap(), |_| true).unwrap();
        assert_eq!((read.height(), read.width()), (2, 12));
        let number = |name: &str| {
            let column = read.column(name).unwrap().f64().unwrap();
            column.iter().collect::<Vec<Option<f64>>>()
        };
        assert_eq!(number("hu_p5"), [Some(-20.0), None]);
        assert_eq!(number("hu_auc"), [Some(0.625), None]);
        assert_eq!(number("component_ml_median"), [Some(0.625), None]);
        assert_eq!(number("component_ml_min"), [Some(0.25), None]);
        assert_eq!(number("ml"), [Some(3.5), Some(0.0)]);
        let cases = read.column("case").unwrap().str().unwrap();
        assert_eq!(cases.iter().collect::<Vec<_>>(), [Some("case_001"), Some("case_002")]);
        let counts = read.column("components").unwrap().u64().unwrap();
        assert_eq!(counts.iter().collect::<Vec<_>>(), [Some(4), Some(0)]);
    }
}
