package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed page
var page embed.FS

// assets are the files of the pages. Their addresses carry a tag made of all
// their contents: browsers keep them for good, and a new version of the gateway
// has new addresses.
type assets struct {
	tag   string
	files map[string]*asset
	pages *template.Template
}

// asset is a file of the program. It is compressed when somebody asks for it so first.
type asset struct {
	name, kind string
	packed     func() []byte // nil where it would not be shorter
}

func newAsset(name string) *asset {
	f := &asset{name: name, kind: kinds[path.Ext(name)]}
	if f.kind == "" {
		f.kind = mime.TypeByExtension(path.Ext(name))
	}
	f.packed = sync.OnceValue(func() []byte { return pack(f.plain()) })
	return f
}

// plain gives a copy of the file.
func (f *asset) plain() []byte {
	b, err := page.ReadFile(f.name)
	if err != nil {
		panic(err) // it is in the program
	}
	return b
}

var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8", ".webmanifest": "application/manifest+json",
}

func loadAssets() (*assets, error) {
	a := &assets{files: make(map[string]*asset)}
	sum := sha256.New()
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f := newAsset(name)
		_, _ = sum.Write([]byte(name))
		_, _ = sum.Write(f.plain())
		a.files[strings.TrimPrefix(name, "page/")] = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.tag = hex.EncodeToString(sum.Sum(nil))[:16]
	a.pages, err = parsePages()
	return a, err
}

// pack compresses; nil is not shorter.
func pack(data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	_, _ = w.Write(data) // a buffer takes all
	if w.Close() != nil || b.Len() >= len(data) {
		return nil
	}
	return bytes.Clone(b.Bytes())
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("path")]
	if !ok || strings.HasSuffix(r.PathValue("path"), ".html") {
		plainText(w, http.StatusNotFound, "no such file")
		return
	}
	// A page of an earlier version may still ask for its files: it gets
	// today's, which are not to be kept under that address.
	if r.PathValue("tag") == a.tag {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-store")
	}
	f.write(w, r)
}

func (a *assets) icon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	a.files["icon.svg"].write(w, r)
}

func (f *asset) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if packed := f.packed(); packed != nil {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed)
			return
		}
	}
	_, _ = w.Write(f.plain())
}
