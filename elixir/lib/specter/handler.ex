defmodule Specter.Handler do
  @moduledoc ~S"""
  Callbacks for Specter's messages in a `GenServer`: `use Specter.Handler`, and implement the callbacks
  you need.

      iex> defmodule Echo do
      ...>   use GenServer
      ...>   use Specter.Handler
      ...>
      ...>   alias Specter.{DataChannel, PeerConnection}
      ...>
      ...>   @impl GenServer
      ...>   def init(test) do
      ...>     {:ok, specter} = Specter.init(ice_servers: [])
      ...>     {:ok, media_engine} = Specter.new_media_engine(specter)
      ...>     {:ok, registry} = Specter.new_registry(specter, media_engine)
      ...>     {:ok, api} = Specter.new_api(specter, media_engine, registry)
      ...>     {:ok, pc} = PeerConnection.new(specter, api)
      ...>     {:ok, %{specter: specter, pc: pc, test: test}}
      ...>   end
      ...>
      ...>   @impl Specter.Handler
      ...>   def handle_peer_connection_ready(pc, state) do
      ...>     :ok = PeerConnection.create_data_channel(state.specter, pc, "echo")
      ...>     :ok = PeerConnection.create_offer(state.specter, pc)
      ...>     {:noreply, state}
      ...>   end
      ...>
      ...>   @impl Specter.Handler
      ...>   def handle_offer(_pc, json, state) do
      ...>     send(state.test, {:for_the_peer, json})
      ...>     {:noreply, state}
      ...>   end
      ...>
      ...>   @impl Specter.Handler
      ...>   def handle_message(_pc, dc, kind, data, state) do
      ...>     _ = DataChannel.send(state.specter, dc, kind, data)
      ...>     {:noreply, state}
      ...>   end
      ...> end
      iex> {:ok, _echo} = GenServer.start_link(Echo, self())
      iex> receive do: ({:for_the_peer, json} -> json =~ ~s("type":"offer"))
      true

  ## Which callback

  The name is `handle_` and the tag of the message; the arguments are the rest of the message and the
  state: `{:ice_candidate, pc, json}` calls `c:handle_ice_candidate/3`. One name is shorter:
  `{:data_channel_message, pc, dc, kind, data}` calls `c:handle_message/5`. `Specter.PeerConnection` and
  `Specter.DataChannel` describe the messages.

  A callback returns what `c:GenServer.handle_info/2` returns. All callbacks are optional: a message
  without a callback is ignored. So are the results of calls that other processes made.

  ## Beside your own handle_info

  Other messages go to your own `handle_info/2`, or to that of `use GenServer`, which logs them.
  Specter's messages never go there: a clause for one of them would never run, so the compiler warns
  and names the callback. It also warns of a callback with the wrong number of arguments.

  A message counts as Specter's if its tag, its size and the form of its id match. A tuple of your own
  such as `{:offer, from, json}`, with a pid in second place, is yours.

  A handler executes `:telemetry` events for its messages, if `:telemetry` is loaded:
  `Specter.Telemetry`.
  """

  alias Specter.Messages

  @typedoc "The return value of a callback: that of `c:GenServer.handle_info/2`."
  @type result ::
          {:noreply, new_state :: term}
          | {:noreply, new_state :: term, timeout | :hibernate | {:continue, term}}
          | {:stop, reason :: term, new_state :: term}

  for %{tag: tag, callback: callback, elements: elements, words: words} <- Messages.all() do
    types =
      for {name, type} <- elements do
        quote(do: unquote(Macro.var(name, nil)) :: unquote(Messages.type(type)))
      end

    @doc "`{#{Enum.join([inspect(tag) | Keyword.keys(elements)], ", ")}}`: #{words}"
    @callback unquote(callback)(unquote_splicing(types), state :: term) :: result
  end

  @optional_callbacks for(message <- Messages.all(), do: {message.callback, message.arity})

  @doc false
  defmacro __using__([]) do
    quote do
      @behaviour Specter.Handler
      @before_compile Specter.Handler
    end
  end

  @doc false
  defmacro __before_compile__(env) do
    warn_of_misnamed(env)

    others =
      if own_clauses(env) do
        warn_of_unreached(env)
        quote(do: super(message, state))
      else
        quote(do: Specter.Handler.unexpected(__MODULE__, message, state))
      end

    quote do
      if Module.defines?(__MODULE__, {:handle_info, 2}), do: defoverridable(handle_info: 2)

      @doc false
      unquote_splicing(Enum.map(Messages.all(), &clause(&1, env)))
      def handle_info(message, state), do: unquote(others)
    end
  end

  # As the handle_info of `use GenServer` does, which nobody may call any more.
  @doc false
  @spec unexpected(module, term, state) :: {:noreply, state} when state: term
  def unexpected(module, message, state) do
    :logger.error(~c"~p ~p received unexpected message in handle_info/2: ~p", [
      module,
      self(),
      message
    ])

    {:noreply, state}
  end

  # The clauses of handle_info that the module wrote: not those that `use GenServer` did.
  defp own_clauses(env) do
    case Module.get_definition(env.module, {:handle_info, 2}) do
      {:v1, :def, meta, clauses} -> if meta[:context] != GenServer, do: clauses
      nil -> nil
    end
  end

  # handle_info for one of Specter's messages.
  defp clause(%{tag: tag, elements: elements} = message, env) do
    [id | _] = variables = Macro.generate_arguments(length(elements), __MODULE__)
    pattern = {:{}, [], [tag | variables]}
    unused = for variable <- variables, do: quote(do: _ = unquote(variable))

    body =
      if Module.defines?(env.module, {message.callback, message.arity}, :def) do
        quote(do: unquote(message.callback)(unquote_splicing(variables), state))
      else
        quote do
          unquote_splicing(unused)
          {:noreply, state}
        end
      end

    quote do
      def handle_info(unquote(pattern) = message, state)
          when unquote(guard(tag, id, variables)) do
        _ = Specter.Telemetry.observe(message)
        unquote(body)
      end
    end
  end

  # An id is a UUID, as text. {:ok, id, anything} may be somebody else's.
  defp guard(:ok, id, [_, operation]) do
    quote do
      unquote(guard(nil, id, [])) and
        unquote(operation) in [
          :set_local_description,
          :set_remote_description,
          :add_ice_candidate
        ]
    end
  end

  defp guard(_tag, id, _variables) do
    quote(do: is_binary(unquote(id)) and byte_size(unquote(id)) == 36)
  end

  # A callback that nobody calls is the likeliest mistake, and a silent one.
  defp warn_of_misnamed(env) do
    defined = Module.definitions_in(env.module, :def)

    for message <- Messages.all(), not Enum.member?(defined, {message.callback, message.arity}) do
      for {name, arity} <- defined, name in [message.callback, :"handle_#{message.tag}"] do
        warn(env, {name, arity}, "is never called. #{call(message)}")
      end
    end
  end

  # Clauses of handle_info that name one of Specter's messages. A guard may say that it is another.
  defp warn_of_unreached(env) do
    for {_meta, [pattern, _state], [], _body} <- own_clauses(env),
        {tag, size} <- named(pattern),
        %{tag: ^tag, arity: ^size} = message <- Messages.all() do
      warn(env, {:handle_info, 2}, "is never called with {#{inspect(tag)}, …}. #{call(message)}")
    end
  end

  defp call(message) do
    arguments = Enum.join(Keyword.keys(message.elements) ++ [:state], ", ")
    "Specter.Handler calls #{message.callback}(#{arguments})"
  end

  defp warn(env, {name, arity}, words) do
    IO.warn("#{inspect(env.module)}.#{name}/#{arity} #{words}", Macro.Env.stacktrace(env))
  end

  # The tag and the size of a tuple in a pattern.
  defp named({:=, _, [left, right]}), do: named(left) ++ named(right)
  defp named({:{}, _, [tag | _] = elements}) when is_atom(tag), do: [{tag, length(elements)}]
  defp named({tag, _}) when is_atom(tag), do: [{tag, 2}]
  defp named(_pattern), do: []
end
