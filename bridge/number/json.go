package number

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// document is the JSON form of rules.
type document struct {
	Rules []Rule `json:"rules"`
}

// WriteJSON writes rules. PINs are masked.
func WriteJSON(w io.Writer, rules []Rule) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(document{rules})
}

// ReadJSON reads what WriteJSON writes. PINs are as TypedPIN has them: Settle seals
// them. Fields that are unknown are errors.
func ReadJSON(r io.Reader) ([]Rule, error) {
	dec := json.NewDecoder(io.LimitReader(r, maxImport))
	dec.DisallowUnknownFields()
	var doc document
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("not the JSON of rules: %w", err)
	}
	if dec.More() {
		return nil, errors.New("something stands behind the JSON of rules")
	}
	if len(doc.Rules) > MaxRules {
		return nil, fmt.Errorf("a plan has at most %d rules", MaxRules)
	}
	var errs []error
	zones := zones{}
	for i := range doc.Rules {
		doc.Rules[i] = doc.Rules[i].Normal()
		if err := checkRead(&doc.Rules[i], zones, i+1); err != nil && len(errs) < maxErrors {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return doc.Rules, unique(doc.Rules)
}
