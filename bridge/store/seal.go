package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/roombridge/roombridge/bridge/number"
)

// sealer seals secrets for the database: AES-256-GCM, bound to where they stand.
type sealer struct{ aead cipher.AEAD }

const keySize = 32

var errKey = errors.New("the key does not fit the database")

// derive makes the keys of a master key.
func derive(master []byte) (sealer, number.Key, error) {
	var pins number.Key
	secrets, err1 := hkdf.Key(sha256.New, master, nil, "roombridge secrets", keySize)
	pin, err2 := hkdf.Key(sha256.New, master, nil, "roombridge pins", keySize)
	if err := errors.Join(err1, err2); err != nil {
		return sealer{}, pins, err
	}
	copy(pins[:], pin)
	block, err := aes.NewCipher(secrets)
	if err != nil {
		return sealer{}, pins, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, pins, err
}

// seal gives the text for the database; no secrets are no text.
func (s sealer) seal(place string, secrets map[string]string) (string, error) {
	if len(secrets) == 0 {
		return "", nil
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, []byte(place))), nil
}

func (s sealer) open(place, text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return nil, fmt.Errorf("store: secrets of %s cannot be read", place)
	}
	plain, err := s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("store: secrets of %s cannot be opened", place)
	}
	var secrets map[string]string
	return secrets, json.Unmarshal(plain, &secrets)
}

// Seal hides values that somebody carries for us, such as a browser in a cookie. Unseal gives them
// back, for the same purpose alone.
func (db *DB) Seal(purpose string, values map[string]string) (string, error) {
	return db.sealer.seal("carried\x00"+purpose, values)
}

// Unseal gives back what Seal hid. The error says that it is not ours.
func (db *DB) Unseal(purpose, text string) (map[string]string, error) {
	return db.sealer.open("carried\x00"+purpose, text)
}

// masterKey reads the key, or makes it for a new database. The database holds a print
// of it, so that a wrong key is found at once and not by PINs that open nothing.
func (db *DB) masterKey(ctx context.Context, file string) ([]byte, error) {
	print, err := db.meta(ctx, "key-print")
	if err != nil {
		return nil, err
	}
	inner, err := db.meta(ctx, "key")
	if err != nil {
		return nil, err
	}
	switch {
	case file == "" && print != "":
		return nil, errors.New("the database was made with a key file, and none is named")
	case file == "":
		return db.innerKey(ctx)
	case inner != "":
		return nil, errors.New("the database holds its key itself, and a key file is named")
	}
	key, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) && print == "" {
		key, err = makeKey(file)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("roombridge key print\x00"), key...))
	want := hex.EncodeToString(sum[:8])
	if print == "" {
		print, err = db.setMeta(ctx, "key-print", want)
	}
	if err == nil && print != want {
		err = errKey
	}
	return key, err
}

// innerKey is a key that the database holds itself.
func (db *DB) innerKey(ctx context.Context) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	text, err := db.setMeta(ctx, "key", hex.EncodeToString(key))
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(text)
}

func readKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("%s holds no key: 64 hexadecimal digits", file)
	}
	return key, nil
}

// makeKey writes a new key so that it is there after a crash, whole or not at all.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err = os.Link(f.Name(), file); err != nil {
		return readKey(file) // another process was first
	}
	return key, syncDir(filepath.Dir(file))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
