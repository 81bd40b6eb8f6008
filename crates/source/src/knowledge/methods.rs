//! What a method does to its receiver, by its name alone, where the receiver's class cannot be
//! told.

use std::collections::HashSet;
use std::sync::LazyLock;

/// What calling a method means for its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Reads,
    Changes,
    Unknown,
}

/// Reading verbs: common to strings, containers, arrays, tables, paths, patterns, responses,
/// models (`predict`) and configuration objects.
static READS: Words = LazyLock::new(|| {
    words(
        "\
 all any argmax argmin argsort as_integer_ratio as_posix as_tuple ascii_letters astype asdict \
 bit_count bit_length capitalize casefold ceil center clip column_names columns combine \
 compare conjugate contains copy corr count cov cummax cummin cumprod cumsum date day decision_function \
 decode describe diagonal diff difference digest dict distance dot dropna drop_duplicates dtypes dumps \
 encode endswith eq equals exists expanduser expandtabs explode fillna filter find find_all \
 findall finditer first flatten floor format format_map fromkeys fullmatch ge get get_all get_config \
 get_option get_text getboolean getbuffer getdata getfloat getint getlist getpixel getvalue glob \
 group groupby groupdict groups gt has has_key has_option has_section head hexdigest hex histogram \
 idxmax idxmin iloc index info interpolate intersection is_absolute is_dir is_empty is_file is_integer \
 isalnum isalpha isascii isdecimal isdigit isdisjoint isidentifier isin islower isna isnull isnumeric \
 isoformat isocalendar isprintable isspace issubset issuperset istitle isupper isoweekday item items \
 iter iterdir iterrows itertuples itertext json joinpath keys kurt last le len length ljust loc lookup \
 lower lstrip lt maketrans map match max mean median melt memory_usage merge min mode month most_common \
 name names ndim ne nlargest nonzero notna notnull nsmallest nunique options parent parse_args parts partition \
 pivot pivot_table predict predict_proba prod product quantile raise_for_status rank ravel \
 read_bytes read_text real relative_to removeprefix removesuffix repeat replace reshape resolve \
 rfind rglob rindex rjust rolling round rpartition rsplit rstrip score search sections \
 select select_one shape similarity size sorted span split splitlines sqrt squeeze stack startswith stat std stem \
 strftime strip strptime sub subn suffix sum swapaxes swapcase symmetric_difference tail take \
 time timestamp title to_bytes to_datetime to_dict to_list to_numpy to_records to_series to_string tobytes \
 tolist total total_seconds trace transform translate transpose tostring union unique unstack upper utctimetuple \
 value_counts values var view weekday where with_name with_stem with_suffix year zfill xpath \
 getsize gettext crop convert resize rotate point tokenize \
 render predict_log_proba inverse_transform most_similar embed cosine \
 neighbors successors predecessors edges nodes degree has_node has_edge has_path ancestors descendants \
 n_neighbors kneighbors evaluate_at area centroid within intersects touches covers bounds \
 getbbox getchannel getextrema getcolors quantize apply applymap agg aggregate assign \
 join set_index reset_index sort_values sort_index rename astimezone utcoffset localize tz_localize tz_convert \
 is_relative_to samefile owner lstat readlink absolute as_uri isatty fileno \
 get_json get_data getheader getheaders getcode geturl iter_lines iter_content \
 order_by exclude annotate values_list select_related prefetch_related distinct latest earliest in_bulk \
 css getall get_attribute \
 is_valid is_set done cancelled qsize empty full ",
    )
});

/// Changing verbs.
static CHANGES: Words = LazyLock::new(|| {
    words(
        "\
 accept acquire add add_argument add_edge add_edges_from add_handler add_node add_nodes_from add_row add_section \
 append appendleft approve attach begin bind book buy cancel charge clear close commit connect consume \
 create credit debit decompose delete delete_one deposit detach difference_update discard disconnect do_handshake \
 drop_all dump emit enqueue exchange execute executemany executescript expire extend extendleft \
 feed fetchall fetchmany fetchone fill fill_diagonal fit fit_transform flush forward get_nowait hset \
 increment incr decr init insert insert_many insert_one insert_row intersection_update listen \
 load_state_dict lock lpop lpush mark move move_to_end next notify notify_all open \
 partial_fit pop popitem popleft prepend publish push put put_nowait putpixel \
 random read readinto readline readlines record recv recvfrom recv_into recvmsg register release \
 remove remove_edge remove_node replace_with insert_before insert_after drop_tree unwrap reset restart retrieve reverse rollback rpop rpush \
 save_all seed seek send send_message sendall sendfile sendmail sendto \
 set set_ set_option setdefault setflags setitem setsockopt settimeout shift shuffle shutdown sort start_transaction \
 step stop subscribe symmetric_difference_update tell truncate unregister unlock unsubscribe \
 update update_one update_many upsert wait withdraw write writelines writerow writerows \
 choice choices randint random_sample randrange sample uniform gauss normal standard_normal integers \
 normalvariate expovariate triangular betavariate lognormvariate poisson binomial exponential permutation \
 permuted standard_exponential standard_gamma gamma beta rand randn getrandbits randbytes ",
    )
});

/// Methods whose result is (part of) the receiver, so that changing it changes the receiver.
static ACCESSORS: Words = LazyLock::new(|| {
    words(
        "\
 get setdefault values items __getitem__ first last find find_all select select_one cursor makefile \
 parent children iter pop popleft get_group nodes edges group_of section row column cell lookup fetch_ref \
 begin transaction pipeline session register buffer getbuffer view ravel reshape squeeze transpose swapaxes",
    )
});

/// Methods that go through the receiver without copying it.
const VIEWS: &[&str] = &[
    "items",
    "keys",
    "values",
    "iterrows",
    "itertuples",
    "iter",
    "finditer",
];

/// What `method` does to its receiver, by its name.
pub(crate) fn verb(method: &str) -> Verb {
    if READS.contains(method) {
        return Verb::Reads;
    }
    if CHANGES.contains(method) {
        return Verb::Changes;
    }
    // `get_price`, `is_open`, `to_json`: the naming habits of Python, but not `get_next`.
    let reading = ["is_", "has_", "to_", "as_", "find_", "count_", "describe_"];
    if reading.iter().any(|prefix| method.starts_with(prefix)) {
        return Verb::Reads;
    }
    let changing = [
        "set_", "add_", "append_", "insert_", "remove_", "delete_", "update_", "push_", "pop_",
        "write_", "clear_", "next_", "send_",
    ];
    if changing.iter().any(|prefix| method.starts_with(prefix)) {
        return Verb::Changes;
    }
    Verb::Unknown
}

/// Whether the method's result may be part of its receiver.
pub(crate) fn is_accessor(method: &str) -> bool {
    ACCESSORS.contains(method)
}

/// Whether the method goes through its receiver while the loop runs.
pub(crate) fn is_view(method: &str) -> bool {
    VIEWS.contains(&method)
}

/// Methods that change a built-in container.
pub(crate) fn changes_container(method: &str) -> bool {
    static CONTAINER: Words = LazyLock::new(|| {
        words(
            " append extend insert remove pop clear sort reverse add discard update \
        setdefault popitem popleft appendleft extendleft rotate difference_update intersection_update \
        symmetric_difference_update move_to_end subtract __setitem__ __delitem__ frombytes fromlist byteswap ",
        )
    });
    CONTAINER.contains(method)
}

/// Methods by which a statement adds to an accumulator without looking at it.
pub(crate) fn accumulates(method: &str) -> bool {
    static ADDING: Words = LazyLock::new(|| {
        words(
            " append extend insert add update appendleft extendleft put put_nowait write \
        writelines writerow writerows add_row push increment subtract record log emit ",
        )
    });
    ADDING.contains(method)
}

type Words = LazyLock<HashSet<&'static str>>;

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_ascii_whitespace().collect()
}
