package per

import "unsafe"

// pointed is a pointer to a type that reads and writes itself.
type pointed[T any] interface {
	*T
	Value
}

// Pointer reads a value of its own.
func Pointer[T any, P pointed[T]](d *Decoder) *T {
	v := &take[T](d, 1)[0]
	if d.charge(int(unsafe.Sizeof(*v))) {
		P(v).Decode(d)
	}
	return v
}

// Optional reads a component if it is present.
func Optional[T any, P pointed[T]](d *Decoder, present bool) *T {
	if !present {
		return nil
	}
	return Pointer[T, P](d)
}

// OptionalList reads a list if it is present.
func OptionalList[T any, P pointed[T]](d *Decoder, present bool, size Size) []T {
	if !present {
		return nil
	}
	return List[T, P](d, size)
}

// Opened reads a value that is an open type.
func Opened[T any, P pointed[T]](d *Decoder) *T {
	w := d.Open()
	v := Pointer[T, P](d)
	d.Close(w)
	return v
}

// Added reads an extension addition if it is present.
func Added[T any, P pointed[T]](d *Decoder, a Additions, i int) *T {
	w, ok := d.Addition(a, i)
	if !ok {
		return nil
	}
	v := Pointer[T, P](d)
	d.Close(w)
	return v
}

// AddedList reads a list that is an extension addition if it is present.
func AddedList[T any, P pointed[T]](d *Decoder, a Additions, i int, size Size) []T {
	w, ok := d.Addition(a, i)
	if !ok {
		return nil
	}
	list := List[T, P](d, size)
	d.Close(w)
	return list
}

// AddedNull reads a NULL that is an extension addition.
func (d *Decoder) AddedNull(a Additions, i int) bool {
	w, ok := d.Addition(a, i)
	if ok {
		d.Close(w)
	}
	return ok
}

// OpenNull reads a NULL that is an open type.
func (d *Decoder) OpenNull() bool {
	d.Close(d.Open())
	return true
}

// EncodeOptional writes a component if it is present.
func EncodeOptional[T any, P pointed[T]](e *Encoder, v *T) {
	if v != nil {
		P(v).Encode(e)
	}
}

// EncodeOptionalList writes a list if it is present.
func EncodeOptionalList[T any, P pointed[T]](e *Encoder, size Size, list []T) {
	if list != nil {
		EncodeList[T, P](e, size, list)
	}
}

// EncodeAdded writes an extension addition, or an alternative of an extension, if
// it is present.
func EncodeAdded[T any, P pointed[T]](e *Encoder, v *T) {
	if v != nil {
		w := e.Open()
		P(v).Encode(e)
		e.Close(w)
	}
}

// EncodeAddedList writes a list that is an extension addition if it is present.
func EncodeAddedList[T any, P pointed[T]](e *Encoder, size Size, list []T) {
	if list != nil {
		w := e.Open()
		EncodeList[T, P](e, size, list)
		e.Close(w)
	}
}

// AddedNull writes a NULL that is an extension addition if it is present.
func (e *Encoder) AddedNull(present bool) {
	if present {
		e.Close(e.Open())
	}
}

// Presence writes the presence bits of optional components.
func (e *Encoder) Presence(present ...bool) {
	for _, p := range present {
		e.Bool(p)
	}
}

// Newer reads what extends a type that knows no additions, if anything does.
func (d *Decoder) Newer(extended bool) []Addition {
	if !extended {
		return nil
	}
	return d.Unknown(d.Additions(0))
}

// Newer writes what extends a type that knows no additions, if anything does.
func (e *Encoder) Newer(list []Addition) {
	if len(list) > 0 {
		e.Additions(0, 0, list)
		e.Unknown(list)
	}
}
