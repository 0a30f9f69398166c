%% Answers lines "Module Type Hex" with "ok Value Hex": the value in the form of
%% Dump, and its encoding by Erlang, or "-" if Erlang itself reads something else in
%% that; or with "error Reason". A line "time Module Type Count Hex" is answered with
%% the microseconds of one decoding and encoding.
-module(oracle).
-export([main/0]).

main() ->
    io:setopts(standard_io, [binary, {encoding, latin1}]),
    loop().

loop() ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            Words = string:lexemes(string:trim(binary_to_list(Line)), " "),
            io:put_chars([answer(Words), "\n"]),
            loop()
    end.

answer(["time", Module, Type, Count, Hex]) ->
    {M, T, B, N} = {list_to_atom(Module), list_to_atom(Type), unhex(Hex), list_to_integer(Count)},
    {ok, V} = M:decode(T, B),
    Decode = fastest(N, fun() -> {ok, _} = M:decode(T, B) end),
    Encode = fastest(N, fun() -> {ok, _} = M:encode(T, V) end),
    io_lib:format("ok ~.3f ~.3f", [Decode / N, Encode / N]);
answer([Module, Type | Rest]) ->
    {M, T} = {list_to_atom(Module), list_to_atom(Type)},
    try
        {ok, V} = M:decode(T, unhex(lists:append(Rest))),
        {ok, B} = M:encode(T, V),
        Again = case M:decode(T, B) of
            {ok, V} -> hex(B);
            _ -> "-"
        end,
        ["ok ", dump(V), " ", Again]
    catch
        Class:Reason:Stack ->
            Text = io_lib:format("error ~p ~p ~p", [Class, Reason, lists:sublist(Stack, 4)]),
            [C || C <- lists:flatten(Text), C =/= $\n]
    end.

%% The shortest of twenty runs: what else the machine does makes runs longer, not shorter.
fastest(N, F) -> lists:min([element(1, timer:tc(fun() -> repeat(N, F) end)) || _ <- lists:seq(1, 20)]).

repeat(0, _) -> ok;
repeat(N, F) -> F(), repeat(N - 1, F).

dump('NULL') -> "null";
dump(A) when is_atom(A) -> atom_to_list(A);
dump(N) when is_integer(N) -> integer_to_list(N);
dump(B) when is_bitstring(B) ->
    N = bit_size(B),
    Pad = (8 - N rem 8) rem 8,
    ["<", hex(<<B/bitstring, 0:Pad>>), ":", integer_to_list(N), ">"];
dump(M) when is_map(M) ->
    Fields = lists:sort([{atom_to_list(K), V} || {K, V} <- maps:to_list(M), V =/= asn1_NOVALUE]),
    ["{", lists:join(",", [[K, ":", dump(V)] || {K, V} <- Fields]), "}"];
dump({Name, V}) when is_atom(Name) -> ["(", atom_to_list(Name), ":", dump(V), ")"];
dump(T) when is_tuple(T) -> lists:join(".", [integer_to_list(N) || N <- tuple_to_list(T)]);
dump(L) when is_list(L) -> ["[", lists:join(",", [dump(char(V)) || V <- L]), "]"].

%% A character of a BMPString may be a quadruple.
char({0, 0, High, Low}) -> High * 256 + Low;
char(V) -> V.

hex(B) -> binary_to_list(binary:encode_hex(iolist_to_binary(B))).
unhex(S) -> binary:decode_hex(list_to_binary(S)).
