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
)

//go:embed page
var page embed.FS

// assets are the files of the pages, held ready in memory. Their addresses
// carry a tag made of all their contents: browsers keep them for good, and a
// new version of the gateway has new addresses.
type assets struct {
	tag   string
	files map[string]asset
	pages *template.Template
}

type asset struct {
	kind          string
	plain, packed []byte
}

var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8", ".webmanifest": "application/manifest+json",
}

func loadAssets() (*assets, error) {
	a := &assets{files: make(map[string]asset)}
	sum := sha256.New()
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := page.ReadFile(name)
		if err != nil {
			return err
		}
		_, _ = sum.Write([]byte(name))
		_, _ = sum.Write(data)
		f := asset{kind: kinds[path.Ext(name)], plain: data}
		if f.kind == "" {
			f.kind = mime.TypeByExtension(path.Ext(name))
		}
		f.packed, err = pack(data)
		a.files[strings.TrimPrefix(name, "page/")] = f
		return err
	})
	if err != nil {
		return nil, err
	}
	a.tag = hex.EncodeToString(sum.Sum(nil))[:16]
	a.pages, err = parsePages()
	return a, err
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() >= len(data) {
		return nil, nil
	}
	return b.Bytes(), nil
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

func (f asset) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Add("Vary", "Accept-Encoding")
	body := f.plain
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = f.packed
	}
	_, _ = w.Write(body)
}
