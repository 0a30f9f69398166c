package asn1

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Schema is a set of modules that import from each other.
type Schema struct{ modules map[string]*Module }

// Load reads all modules of a folder, files *.asn.
func Load(folder string) (*Schema, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.asn"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no .asn files in %s", folder)
	}
	var texts []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(b))
	}
	return New(texts...)
}

// New reads modules and checks that every name they use is defined.
func New(texts ...string) (*Schema, error) {
	s := &Schema{map[string]*Module{}}
	for i, text := range texts {
		m, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("module %d: %w", i+1, err)
		}
		s.modules[m.Name] = m
	}
	for _, m := range s.modules {
		for _, a := range m.Types {
			if err := s.check(m, a.Type, a.Params); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", m.Name, a.Name, err)
			}
		}
	}
	return s, nil
}

// Module gives a module by its name, or nil.
func (s *Schema) Module(name string) *Module { return s.modules[name] }

// Lookup finds the type of a name as seen from a module, and the module it is in.
func (s *Schema) Lookup(m *Module, name string) (*Module, *Assignment) {
	if a := m.byName[name]; a != nil {
		return m, a
	}
	if from := s.modules[m.Imports[name]]; from != nil {
		return from, from.byName[name]
	}
	return nil, nil
}

// check walks a type for names that are not defined.
func (s *Schema) check(m *Module, t *Type, params []string) error {
	if t.Kind == Reference && !slices.Contains(params, t.Name) {
		in, a := s.Lookup(m, t.Name)
		if a == nil {
			return fmt.Errorf("%s is not defined", t.Name)
		}
		if len(a.Params) != len(t.Args) {
			return fmt.Errorf("%s takes %d parameters", t.Name, len(a.Params))
		}
		for _, arg := range t.Args {
			if _, r := s.Resolve(m, arg, params); r.Kind != Open {
				return fmt.Errorf("a parameter of %s in %s is not an open type", t.Name, in.Name)
			}
		}
	}
	for _, list := range [][]Field{t.Root, t.Additions} {
		for _, f := range list {
			for _, f := range append(f.Group, f) {
				if f.Type == nil {
					continue
				}
				if err := s.check(m, f.Type, params); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
		}
	}
	if t.Element != nil {
		return s.check(m, t.Element, params)
	}
	return nil
}

// Resolve follows references down to a type that is none, which has all constraints
// that were met on the way. It gives the module in which that is written. A name
// among params is an open type.
func (s *Schema) Resolve(m *Module, t *Type, params []string) (*Module, *Type) {
	if t.Kind != Reference {
		return m, t
	}
	if slices.Contains(params, t.Name) {
		return m, &Type{Kind: Open}
	}
	in, a := s.Lookup(m, t.Name)
	if a == nil {
		return m, t
	}
	in, base := s.Resolve(in, a.Type, a.Params)
	if t.Size == nil && t.Value == nil && t.Alphabet == "" {
		return in, base
	}
	merged := *base
	if t.Size != nil {
		merged.Size = t.Size
	}
	if t.Value != nil {
		merged.Value = t.Value
	}
	if t.Alphabet != "" {
		merged.Alphabet = t.Alphabet
	}
	return in, &merged
}
