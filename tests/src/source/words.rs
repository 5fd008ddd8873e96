//! Cuts Rust source into words, without comments, strings and characters.
//!
//! Input: text that need not compile. Output: names, numbers, `::` and single signs, each with its
//! line. Never fails: an unclosed string or comment just ends with the text.

/// A word of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// A name, a number, `::`, or one sign.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The words of a text.
pub fn words(text: &str) -> Vec<Word> {
    let mut cutter = Cutter {
        rest: text.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(sign) = cutter.peek(0) {
        let line = cutter.line;
        if let Some(text) = cutter.cut(sign) {
            found.push(Word { text, line });
        }
    }
    found
}

#[derive(Debug)]
struct Cutter {
    rest: Vec<char>,
    at: usize,
    line: usize,
}

impl Cutter {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let sign = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(sign == '\n');
        Some(sign)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    /// Takes what begins with `sign`; none for what is not a word.
    fn cut(&mut self, sign: char) -> Option<String> {
        match (sign, self.peek(1)) {
            ('/', Some('/')) => self.skip_while(|sign| sign != '\n'),
            ('/', Some('*')) => self.skip_block_comment(),
            ('"', _) => self.skip_quoted('"'),
            ('\'', _) => self.skip_character_or_lifetime(),
            (':', Some(':')) => {
                self.skip(2);
                return Some("::".to_owned());
            }
            _ if is_name_sign(sign) => return self.cut_name(),
            _ => {
                self.next();
                return (!sign.is_whitespace()).then(|| sign.to_string());
            }
        }
        None
    }

    /// A name or number, or the prefix of a raw or byte string, which is skipped.
    fn cut_name(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(sign) = self.peek(0).filter(|sign| is_name_sign(*sign)) {
            name.push(sign);
            self.next();
        }
        let hashes = (0..)
            .take_while(|ahead| self.peek(*ahead) == Some('#'))
            .count();
        match (name.as_str(), self.peek(hashes)) {
            ("r" | "br" | "cr", Some('"')) => self.skip_raw(hashes),
            ("b" | "c", Some('"')) if hashes == 0 => self.skip_quoted('"'),
            ("b", Some('\'')) if hashes == 0 => self.skip_quoted('\''),
            ("r", Some(sign)) if hashes == 1 && is_name_sign(sign) => self.skip(1),
            _ => return Some(name),
        }
        None
    }

    fn skip_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&goes_on) {
            self.next();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                }
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_quoted(&mut self, quote: char) {
        self.next();
        while let Some(sign) = self.next() {
            if sign == '\\' {
                self.next();
            } else if sign == quote {
                return;
            }
        }
    }

    fn skip_raw(&mut self, hashes: usize) {
        self.skip(hashes + 1);
        while let Some(sign) = self.next() {
            if sign == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                return self.skip(hashes);
            }
        }
    }

    /// `'a'` and `'\n'` are characters, `'a` is a lifetime.
    fn skip_character_or_lifetime(&mut self) {
        let is_character = self.peek(1) == Some('\\') || self.peek(2) == Some('\'');
        if is_character {
            self.skip_quoted('\'');
        } else {
            self.next();
            self.skip_while(is_name_sign);
        }
    }
}

fn is_name_sign(sign: char) -> bool {
    sign == '_' || sign.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::words;

    fn joined(text: &str) -> String {
        words(text)
            .into_iter()
            .map(|word| word.text)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn comments_are_dropped_also_nested_ones() {
        assert_eq!(joined("a // b\nc /* d /* e */ f */ g /// h"), "a c g");
    }

    #[test]
    fn strings_of_every_kind_are_dropped() {
        let text = r####"a "b \" c" d b"e" r"f\" g r#"h " i"# j br##"k "# l"## m c"n" o"####;
        assert_eq!(joined(text), "a d g j m o");
    }

    #[test]
    fn characters_are_dropped_and_lifetimes_do_not_swallow_code() {
        assert_eq!(
            joined(r"a '{' b '\'' c b'}' d <'x> &'static e '\u{7d}' f"),
            "a b c d < > & e f"
        );
    }

    #[test]
    fn raw_names_are_names() {
        assert_eq!(joined("use r#try::x;"), "use try :: x ;");
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let lines: Vec<usize> = words("a\n/*\n*/ b \"\n\" c\n// d\ne")
            .iter()
            .map(|word| word.line)
            .collect();
        assert_eq!(lines, [1, 3, 4, 6]);
    }

    #[test]
    fn unclosed_text_ends_quietly() {
        for text in ["a /* b", "a \"b", "a r#\"b", "a '", "a b'"] {
            assert!(joined(text).starts_with('a'), "{text}");
        }
    }
}
