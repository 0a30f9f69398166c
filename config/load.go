package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// EnvPrefix starts the name of every environment variable that is a key:
// sip.listen is ROOMBRIDGE_SIP_LISTEN. Lists are separated by commas.
const EnvPrefix = "ROOMBRIDGE_"

// dialPrefix starts the variables of `roombridge dial`, which are no keys.
const dialPrefix = EnvPrefix + "DIAL_"

// Load reads the file (none when path is empty) and the environment over the
// defaults and validates the outcome. An error names every key that is wrong.
func Load(path string) (Config, error) { return load(path, os.Environ()) }

func load(path string, environ []string) (Config, error) {
	v := viper.New()
	keys := setDefaults(v, "", reflect.ValueOf(Default()))
	if path != "" {
		v.SetConfigFile(path)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return Config{}, fmt.Errorf("configuration file: %w", err)
		}
		// Whoever wrote a file decided who may call: open admission has to be asked for.
		if !v.InConfig("admission.open") {
			v.SetDefault("admission.open", false)
		}
	}
	err := errors.Join(unknownKeys(v, keys), setEnvironment(v, keys, environ))
	if err != nil {
		return Config{}, err
	}
	var c Config
	hook := mapstructure.ComposeDecodeHookFunc(
		mapstructure.StringToTimeDurationHookFunc(),
		mapstructure.StringToSliceHookFunc(","),
		secretList,
	)
	if err := v.UnmarshalExact(&c, viper.DecodeHook(hook)); err != nil {
		return Config{}, err
	}
	return c, c.Validate()
}

// secretList reads a list of secrets as others are read: separated by commas.
func secretList(from, to reflect.Type, data any) (any, error) {
	text, ok := data.(string)
	if !ok || to != reflect.TypeFor[[]Secret]() {
		return data, nil
	}
	if text == "" {
		return []string{}, nil
	}
	return strings.Split(text, ","), nil
}

// setDefaults makes every key of the struct known to viper and returns them.
func setDefaults(v *viper.Viper, prefix string, s reflect.Value) []string {
	var keys []string
	for i := range s.NumField() {
		key := prefix + s.Type().Field(i).Tag.Get("mapstructure")
		f := s.Field(i)
		if f.Kind() == reflect.Struct {
			keys = append(keys, setDefaults(v, key+".", f)...)
			continue
		}
		v.SetDefault(key, f.Interface())
		keys = append(keys, key)
	}
	return keys
}

// unknownKeys names what the file holds beside the known keys, each with the
// known key that is nearest in spelling.
func unknownKeys(v *viper.Viper, known []string) error {
	var errs []error
	for _, k := range v.AllKeys() {
		if !slices.Contains(known, k) {
			errs = append(errs, fmt.Errorf("%s: unknown key%s", k, suggest(k, known)))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func setEnvironment(v *viper.Viper, known, environ []string) error {
	names := make(map[string]string, len(known))
	for _, k := range known {
		names[EnvPrefix+strings.ToUpper(strings.ReplaceAll(k, ".", "_"))] = k
	}
	var errs []error
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, EnvPrefix) || strings.HasPrefix(name, dialPrefix) {
			continue
		}
		key, ok := names[name]
		if !ok {
			errs = append(errs, fmt.Errorf("environment variable %s: unknown key", name))
			continue
		}
		v.Set(key, value)
	}
	return errors.Join(errs...)
}

// suggest names the known key at an edit distance of at most two, if any.
func suggest(key string, known []string) string {
	best, at := 3, ""
	for _, k := range known {
		if d := distance(key, k); d < best {
			best, at = d, k
		}
	}
	if at == "" {
		return ""
	}
	return ", did you mean " + at + "?"
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0]++
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
