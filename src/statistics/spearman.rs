//! [`spearman()`]: whether two things rise together, by ranks.
//!
//! Does not know what rises.

use super::{distributions::student_above, ranking::twice_ranks};
use serde::Serialize;

/// Most pairs for which every order is tried: 8! = 40320.
const MOST_EXACT: usize = 8;

/// Rank correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spearman {
    /// From -1 to 1, ties sharing their mean rank.
    pub rho: f64,
    /// Chance of a rho as far from 0 or farther, when every order is as likely.
    pub p: f64,
    /// Pairs.
    pub n: usize,
    /// Whether every order was tried (up to 8 pairs), or `p` is that of Student's t with n - 2
    /// degrees of freedom, as scipy has it.
    pub is_exact: bool,
}

/// Of pairs in the same order; `None` of fewer than three, of sides that differ in length, or when
/// a side does not vary.
pub fn spearman(left: &[f64], right: &[f64]) -> Option<Spearman> {
    let n = left.len();
    if n < 3 || n != right.len() {
        return None;
    }
    let [left, mut right] = [left, right].map(centred);
    let product = |right: &[i64]| -> i64 { left.iter().zip(right).map(|(a, b)| a * b).sum() };
    let squares = |side: &[i64]| side.iter().map(|it| it * it).sum::<i64>() as f64;
    let together = product(&right);
    let scale = (squares(&left) * squares(&right)).sqrt();
    if scale == 0.0 {
        return None;
    }
    let rho = (together as f64 / scale).clamp(-1.0, 1.0);
    let is_exact = n <= MOST_EXACT;
    let p = if is_exact {
        let (mut n_far, mut n_orders) = (0_u32, 0_u32);
        each_order(&mut right, n, &mut |order| {
            n_orders += 1;
            n_far += u32::from(product(order).abs() >= together.abs());
        });
        f64::from(n_far) / f64::from(n_orders)
    } else {
        let degrees = (n - 2) as f64;
        let t = rho.abs() * (degrees / ((1.0 - rho) * (1.0 + rho))).sqrt();
        (2.0 * student_above(t, degrees)).min(1.0)
    };
    Some(Spearman { rho, p, n, is_exact })
}

/// Twice the ranks, less n + 1: whole numbers around 0, so that sums of products are exact.
fn centred(values: &[f64]) -> Vec<i64> {
    let middle = i64::try_from(values.len()).map_or(0, |n| n + 1);
    let ranks = twice_ranks(values).into_iter();
    ranks.map(|rank| i64::try_from(rank).unwrap_or(middle) - middle).collect()
}

/// Every order of the first `n` items once, by Heap's method.
fn each_order(items: &mut [i64], n: usize, visit: &mut impl FnMut(&[i64])) {
    if n <= 1 {
        return visit(items);
    }
    for idx in 0..n {
        each_order(items, n - 1, visit);
        if idx + 1 < n {
            items.swap(if n.is_multiple_of(2) { idx } else { 0 }, n - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_pairs_in_order_are_two_of_six_orders() {
        let found = spearman(&[1.0, 2.0, 3.0], &[5.0, 6.0, 9.0]).unwrap();
        assert!((found.rho - 1.0).abs() < 1e-15 && (found.p - 2.0 / 6.0).abs() < 1e-15);
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn every_order_is_visited_once() {
        let mut orders = std::collections::BTreeSet::new();
        let mut n_visits = 0;
        each_order(&mut [1, 2, 3, 4, 5], 5, &mut |order| {
            n_visits += 1;
            orders.insert(order.to_vec());
        });
        assert_eq!((n_visits, orders.len()), (120, 120));
    }

    #[test]
    fn many_pairs_in_order_leave_no_chance() {
        let rising: Vec<f64> = (0..20).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().map(|it| -it).collect();
        let found = spearman(&rising, &falling).unwrap();
        assert_eq!((found.rho, found.p, found.is_exact), (-1.0, 0.0, false));
    }
}
