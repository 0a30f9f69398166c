package number

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of what is imported.
const (
	maxImport = 64 << 20 // bytes
	maxErrors = 20       // that are told
)

// LineError is what is wrong with a row of an import.
type LineError struct {
	Line   int    `json:"line"` // of CSV; of JSON the rule's place in the list, from 1
	Column string `json:"column,omitempty"`
	Text   string `json:"text"`
}

func (e *LineError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Column, e.Text)
}

// WriteCSV writes rules with all columns. PINs are masked.
func WriteCSV(w io.Writer, rules []Rule) error {
	out := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for i := range rules {
		for j, c := range columns {
			row[j] = guard(c.get(&rules[i]))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guard keeps spreadsheets from taking a text for a formula.
func guard(s string) string {
	if strings.HasPrefix(s, "'") || s != "" && strings.IndexByte("=+-@\t", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// unguard undoes guard.
func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte("=+-@\t'", s[1]) >= 0 {
		return s[1:]
	}
	return s
}

// ReadCSV reads rules: a row of column names, in any order, then a row for each rule.
// Commas, semicolons or tabs part the cells. PINs are as TypedPIN has them: Settle seals them.
// The error joins a LineError for each mistake, up to 20.
func ReadCSV(r io.Reader) ([]Rule, error) {
	in := bufio.NewReader(io.LimitReader(r, maxImport))
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	rows := csv.NewReader(in)
	rows.Comma = comma(in)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord, rows.TrimLeadingSpace = true, rows.Comma != '\t'
	names, err := rows.Read()
	if err != nil {
		return nil, &LineError{1, "", "the names of the columns are missing"}
	}
	use, err := header(names)
	if err != nil {
		return nil, err
	}
	return readRows(rows, use)
}

// comma is what parts the cells of the first line.
func comma(in *bufio.Reader) rune {
	head, _ := in.Peek(2048)
	head, _, _ = bytes.Cut(head, []byte("\n"))
	for _, c := range ";\t" {
		if bytes.ContainsRune(head, c) && !bytes.ContainsRune(head, ',') {
			return c
		}
	}
	return ','
}

// header finds the columns of a row of names.
func header(names []string) ([]column, error) {
	var use []column
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, &LineError{1, bounded(name, 40), "no column has this name"}
		}
		if slices.ContainsFunc(use, func(c column) bool { return c.name == name }) {
			return nil, &LineError{1, name, "the column is there twice"}
		}
		use = append(use, columns[i])
	}
	if !slices.ContainsFunc(use, func(c column) bool { return c.name == "number" || c.name == "match" }) {
		return nil, &LineError{1, "number", "the column is missing"}
	}
	return use, nil
}

func readRows(rows *csv.Reader, use []column) (rules []Rule, err error) {
	var errs []error
	zones := zones{}
	for len(errs) < maxErrors {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(append(errs, notCSV(err))...)
		}
		line, _ := rows.FieldPos(0)
		switch {
		case len(rules) == MaxRules:
			return nil, &LineError{Line: line, Text: fmt.Sprintf("a plan has at most %d rules", MaxRules)}
		case len(row) > len(use):
			errs = append(errs, &LineError{Line: line, Text: "more cells than columns"})
			continue
		case strings.Join(row, "") == "":
			continue
		}
		rule, lineErr := readRow(row, use, line)
		if lineErr == nil {
			lineErr = checkRead(&rule, zones, line)
		}
		if lineErr != nil {
			errs = append(errs, lineErr)
			continue
		}
		rules = append(rules, rule)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return rules, unique(rules)
}

func notCSV(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &LineError{Line: parse.StartLine, Text: "not CSV: " + parse.Err.Error()}
	}
	return err
}

func readRow(row []string, use []column, line int) (r Rule, _ error) {
	for i, cell := range row {
		if err := use[i].set(&r, unguard(strings.TrimSpace(cell))); err != nil {
			return r, &LineError{line, use[i].name, err.Error()}
		}
	}
	return r.Normal(), nil
}

// checkRead is Validate for a rule whose PINs are not sealed yet.
func checkRead(r *Rule, z zones, line int) error {
	rule := *r
	for _, p := range []*PIN{&rule.GuestPIN, &rule.HostPIN} {
		p.typed, p.keep = "", false
	}
	rule.Lobby = r.Lobby && !r.HostPIN.Set()
	if _, err := compile(rule, z); err != nil {
		return &LineError{Line: line, Text: err.Error()}
	}
	return nil
}

func unique(rules []Rule) error {
	at := make(map[string]bool, len(rules))
	for i := range rules {
		if at[rules[i].ID] {
			return fmt.Errorf("two rules have the id %q", rules[i].ID)
		}
		at[rules[i].ID] = true
	}
	return nil
}
