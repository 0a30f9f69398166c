package asn1

// Kind says what a type is.
type Kind int

// Kinds of types.
const (
	Reference Kind = iota // to a type with a name
	Boolean
	Null
	Integer
	Enumerated
	OctetString
	BitString
	ObjectIdentifier
	Text    // a character string, Name tells which
	Open    // an open type
	List    // SEQUENCE OF, SET OF
	Seq     // SEQUENCE
	Options // CHOICE
)

// Type is a type as it is written.
type Type struct {
	Kind       Kind
	Name       string  // of a reference or of a kind of character string
	Args       []*Type // of a reference to a parameterised type
	Root       []Field // components or alternatives
	Additions  []Field // the same, between the extension markers
	Extensible bool    // a marker is there
	Items      []string
	NewItems   []string // enumeration values after the marker
	Element    *Type    // of a list, or the content of an open type
	Value      *Range   // of an INTEGER
	Size       *Range
	Alphabet   string
}

// Field is a component or an alternative; Group is set, and nothing else, for an
// extension addition group.
type Field struct {
	Name     string
	Type     *Type
	Optional bool
	Group    []Field
}

// Range is a constraint on a number; a nil bound is MIN or MAX.
type Range struct {
	Lo, Hi     *int64
	Extensible bool
}

// Assignment gives a type its name.
type Assignment struct {
	Name   string
	Params []string
	Type   *Type
}

// Module is what one file holds.
type Module struct {
	Name    string
	Imports map[string]string // name of a type to that of its module
	Types   []*Assignment     // in the order of the file
	byName  map[string]*Assignment
}
