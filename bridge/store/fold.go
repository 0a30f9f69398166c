package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds a search.
const maxWords = 8

// others are letters that Unicode does not take apart into a base and a mark.
var others = strings.NewReplacer("đ", "d", "ð", "d", "ø", "o", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i")

// Fold is a text as it is searched: lower case, without diacritics (Đà Nẵng is da nang).
func Fold(text string) string {
	plain := true
	for i := range len(text) {
		plain = plain && text[i] >= ' ' && text[i] < 0x7f
	}
	if plain {
		return strings.ToLower(text)
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsControl(r): // the change log parts what it keeps by ends of lines
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return others.Replace(text)
}

// like makes a condition that finds all words of a search; arguments are numbered from n on.
func like(search string, n int) (where string, args []any) {
	for i, word := range strings.Fields(Fold(search)) {
		if i == maxWords {
			break
		}
		word = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
		where += " AND folded LIKE $" + itoa(n+i) + ` ESCAPE '\'`
		args = append(args, "%"+word+"%")
	}
	return where, args
}
