package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// pageData is what the HTML files are filled in with; everything else the
// scripts do.
type pageData struct {
	Lang       string // language of the first paint; scripts follow the person's choice
	Assets     string // where scripts and styles are
	Room       string
	Version    string
	Dial       string // what a terminal dials, as a JSON list; on the landing page for the room "{room}"
	Open       bool
	Token      bool // the API wants a token
	SelfSigned bool
	Led        bool // another site's page led here: nobody's camera goes on without a click
}

// roomMark stands for a room's name in the landing page's dial strings.
const roomMark = "roomname"

func (s *Server) landing(w http.ResponseWriter, r *http.Request) {
	s.html(w, r, http.StatusOK, "index.html", pageData{Dial: s.dialJSON(roomMark)})
}

func (s *Server) room(w http.ResponseWriter, r *http.Request) {
	name, ok := roomName(r)
	if !ok {
		s.notFound(w, r)
		return
	}
	w.Header().Add("Vary", "Sec-Fetch-Site")
	s.html(w, r, http.StatusOK, "room.html", pageData{Room: name, Dial: s.dialJSON(name), Led: ledHere(r)})
}

// ledHere tells whether a page of another site, the same domain's included, sent the browser here. Addresses that people
// type, and links in programs, come from none.
func ledHere(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return from == "cross-site" || from == "same-site"
}

// roomInfo tells the same to other programs.
func (s *Server) roomInfo(w http.ResponseWriter, r *http.Request) {
	name, ok := roomName(r)
	if !ok {
		problem(w, http.StatusNotFound, "this is not a valid room name")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct {
		Room string   `json:"room"`
		Dial []string `json:"dial"`
	}{name, append([]string{}, s.cfg.Dial(name)...)})
}

func (s *Server) admin(w http.ResponseWriter, r *http.Request) {
	s.html(w, r, http.StatusOK, "admin.html", pageData{})
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		plainText(w, http.StatusMethodNotAllowed, "pages are read with GET")
		return
	}
	s.html(w, r, http.StatusNotFound, "missing.html", pageData{})
}

func (s *Server) dialJSON(room string) string {
	b, _ := json.Marshal(append([]string{}, s.cfg.Dial(room)...)) // strings do marshal
	return string(b)
}

func (s *Server) html(w http.ResponseWriter, r *http.Request, code int, name string, d pageData) {
	d.Lang, d.Assets, d.Version = language(r.Header.Get("Accept-Language")), "/assets/"+s.assets.tag, s.cfg.Version
	d.Open, d.Token, d.SelfSigned = s.cfg.Open, s.cfg.Token != "", s.cfg.SelfSigned
	var b bytes.Buffer
	if err := s.assets.pages.ExecuteTemplate(&b, name, d); err != nil {
		s.cfg.Log.Error("page", "name", name, "error", err)
		plainText(w, http.StatusInternalServerError, "the page could not be made")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Add("Vary", "Accept-Language")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes())
}

// language chooses Vietnamese or English, whichever the browser names first.
func language(accept string) string {
	for part := range strings.SplitSeq(accept, ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "vi"):
			return "vi"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "en"
}

func parsePages() (*template.Template, error) {
	return template.ParseFS(page, "page/*.html")
}
