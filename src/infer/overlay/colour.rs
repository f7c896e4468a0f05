//! [`Tint`] and [`palette`]: greys of the CT, plain and laid under the colours of what is marked.
//!
//! A picture has one byte a pixel: a tint and a grey, or the pure colour of a tint for contours.
//! Colours are Okabe and Ito's, told apart with any of the common colour blindnesses.
//!
//! Does not know about slices.

/// Greys of each tint; the place after the last is its pure colour.
const N_GREYS: u8 = 31;

/// What a pixel is marked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    /// Nothing: the CT alone.
    Plain,
    /// A class, from 1; beyond the fourth, colours repeat.
    Class(u8),
    /// In the reference alone.
    Missed,
    /// In the prediction alone.
    Extra,
    /// Given another class.
    Swapped,
}

/// White, then four classes, then missed, extra and swapped.
const COLOURS: [[u8; 3]; 8] = [
    [255, 255, 255],
    [86, 180, 233],
    [230, 159, 0],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
];

impl Tint {
    fn place(self) -> u8 {
        match self {
            Self::Plain => 0,
            Self::Class(class) => 1 + class.saturating_sub(1) % 4,
            Self::Missed => 5,
            Self::Extra => 6,
            Self::Swapped => 7,
        }
    }

    /// Colour number of a CT value, 0 to 1 within its window, in this tint.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 30")]
    pub(super) fn over(self, shade: f64) -> u8 {
        let grey = (shade.clamp(0.0, 1.0) * f64::from(N_GREYS - 1)).round() as u8;
        self.place() * (N_GREYS + 1) + grey
    }

    /// Colour number of its pure colour.
    pub(super) fn pure(self) -> u8 {
        self.place() * (N_GREYS + 1) + N_GREYS
    }
}

/// Red, green and blue of every colour number.
pub(super) fn palette() -> Vec<u8> {
    let mut palette = Vec::with_capacity(3 * 256);
    for (place, colour) in COLOURS.iter().enumerate() {
        for grey in 0..N_GREYS {
            let grey = f64::from(grey) / f64::from(N_GREYS - 1) * 255.0;
            let mixed = |part: &u8| {
                if place == 0 { grey } else { 0.55 * grey + 0.45 * f64::from(*part) }
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255"
            )]
            palette.extend(colour.iter().map(|part| mixed(part).round() as u8));
        }
        palette.extend(colour);
    }
    palette
}
