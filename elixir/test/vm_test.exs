defmodule Specter.VmTest do
  # Ends of the VM and changes of its code, in VMs of their own.
  # A VM costs half a second of a processor, so there is one for each thing to see.
  use ExUnit.Case, async: true

  # Where what is seen depends on the moment.
  @rounds 3

  # Defines connect.(): connections in every phase, and the Specter that has them.
  @begin """
  connect = fn ->
    {:ok, specter} = Specter.init(ice_servers: [])
    {:ok, engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, engine)
    {:ok, api} = Specter.new_api(specter, engine, registry)
    await = fn tag, pc ->
      receive do
        {^tag, ^pc} -> :ok
        {^tag, ^pc, json} -> json
        {:ok, ^pc, ^tag} -> :ok
      after
        # A VM that waits for ever would outlive its test.
        50_000 -> exit({:no, tag})
      end
    end
    pcs = for n <- 1..4 do
      {:ok, pc_1} = Specter.new_peer_connection(specter, api)
      {:ok, pc_2} = Specter.new_peer_connection(specter, api)
      if n > 1 do
        await.(:peer_connection_ready, pc_1)
        :ok = Specter.create_data_channel(specter, pc_1, "data")
        :ok = Specter.create_offer(specter, pc_1)
        offer = await.(:offer, pc_1)
        :ok = Specter.set_local_description(specter, pc_1, offer)
        await.(:peer_connection_ready, pc_2)
        :ok = Specter.set_remote_description(specter, pc_2, offer)
        :ok = Specter.create_answer(specter, pc_2)
        answer = await.(:answer, pc_2)
        :ok = Specter.set_local_description(specter, pc_2, answer)
        :ok = Specter.set_remote_description(specter, pc_1, answer)
        if n > 2 do
          :ok = Specter.add_ice_candidate(specter, pc_2, await.(:ice_candidate, pc_1))
          :ok = Specter.add_ice_candidate(specter, pc_1, await.(:ice_candidate, pc_2))
        end
      end
      {pc_1, pc_2}
    end
    {specter, pcs}
  end
  """

  for {name, code, status} <- [
        {"System.halt", "System.halt(0)", 0},
        {"System.halt with a status", "System.halt(7)", 7},
        {":erlang.halt without flushing", ":erlang.halt(3, flush: false)", 3},
        {":init.stop", ":init.stop(); receive do: (:never -> :ok)", 0},
        {"System.stop with a status", "System.stop(5); receive do: (:never -> :ok)", 5},
        {"the end of the script", ":ok", 0},
        {"SIGTERM",
         "System.cmd(\"kill\", [\"-TERM\", System.pid()]); receive do: (:never -> :ok)", 0}
      ] do
    test "#{name} with live connections ends cleanly" do
      script = @begin <> "kept = connect.()\n" <> unquote(code) <> "\n_ = kept"

      {output, status} = run(script)
      assert status == unquote(status), output
    end
  end

  # What the VM takes to stop by itself, it may take: with the connections not a second more. The best
  # of some attempts, since a busy machine is not what is asked about.
  test ":init.stop with 1,000 live connections ends at once, and cleanly" do
    more =
      Enum.find(1..@rounds, fn _ ->
        alone = time_to_stop(0)
        time_to_stop(1_000) - alone <= 1_000
      end)

    assert more, "each time it took more than a second longer than without connections"
  end

  defp time_to_stop(connections) do
    script =
      @begin <>
        """
        {specter, _} = connect.()
        {:ok, engine} = Specter.new_media_engine(specter)
        {:ok, registry} = Specter.new_registry(specter, engine)
        {:ok, api} = Specter.new_api(specter, engine, registry)
        pcs = for _ <- 1..#{connections}//1, do: elem(Specter.new_peer_connection(specter, api), 1)
        for pc <- pcs, do: receive(do: ({:peer_connection_ready, ^pc} -> :ok))
        IO.write(System.os_time(:millisecond))
        :init.stop()
        receive do: (:never -> specter)
        """

    {stopped_at, 0} = run(script)
    System.os_time(:millisecond) - String.to_integer(stopped_at)
  end

  test "halting in the midst of calls ends cleanly" do
    script =
      @begin <>
        """
        {:ok, _} = Application.ensure_all_started(:crypto)
        spawn(fn -> for _ <- Stream.cycle([1]), do: connect.() end)
        spawn(fn -> for _ <- Stream.cycle([1]), do: Specter.init(ice_servers: []) end)
        spawn(fn -> for _ <- Stream.cycle([1]), do: :crypto.hash(:sha256, "x") end)
        _ = connect.()
        System.halt(0)
        """

    for _ <- 1..@rounds, do: assert(run(script) == {"", 0})
  end

  test "the module's code may be loaded anew, with live connections" do
    script =
      @begin <>
        """
        {specter, [{_, pc} | _]} = connect.()
        for _ <- 1..50 do
          :code.purge(Specter.Native)
          {:module, Specter.Native} = :code.load_file(Specter.Native)
          true = Specter.config(specter) == {:ok, %Specter.Config{ice_servers: []}}
        end
        true = Specter.peer_connection_exists?(specter, pc)
        {1, 8, 1} = Specter.Native.counters()
        connect.()
        IO.write("done")
        """

    assert run(script) == {"done", 0}
  end

  test "the module's code may be deleted, and comes again" do
    script =
      @begin <>
        """
        test = self()
        settle = fn settle, expected ->
          if Specter.Native.counters() != expected do
            receive after: (1 -> settle.(settle, expected))
          end
        end
        for round <- 1..6 do
          {owner, monitor} = spawn_monitor(fn ->
            {specter, _pcs} = connect.()
            send(test, {:up, specter})
            receive do: (:end -> :ok)
          end)
          old = receive do: ({:up, specter} -> specter)
          delete = fn ->
            :code.purge(Specter.Native)
            true = :code.delete(Specter.Native)
            :code.purge(Specter.Native)
          end
          # Before the owner's end or after it.
          if rem(round, 2) == 0, do: delete.()
          send(owner, :end)
          receive do: ({:DOWN, ^monitor, _, _, :normal} -> :ok)
          settle.(settle, {0, 0, 0})
          if rem(round, 2) == 1, do: delete.()
          # What the deleted code made is nothing to the new.
          try do
            Specter.config(old)
            exit(:taken)
          rescue
            ArgumentError -> :ok
          end
        end
        IO.write("done")
        """

    assert run(script) == {"done", 0}
  end

  test "new code with another shared object is refused, and the old goes on" do
    lib =
      Path.join(
        System.tmp_dir!(),
        "specter-#{System.pid()}-#{System.unique_integer([:positive])}"
      )

    copy = Path.join(lib, "specter")
    on_exit(fn -> File.rm_rf!(lib) end)
    File.mkdir_p!(copy)
    File.cp_r!(Path.dirname(ebin()), copy)

    script =
      @begin <>
        """
        {specter, [{_, pc} | _]} = connect.()
        :code.add_patha(String.to_charlist(hd(System.argv())))
        Logger.configure(level: :none)
        :code.purge(Specter.Native)
        {:error, :on_load_failure} = :code.load_file(Specter.Native)
        true = Specter.peer_connection_exists?(specter, pc)
        connect.()
        IO.write("done")
        """

    assert run(script, [Path.join(copy, "ebin")]) == {"done", 0}
  end

  defp ebin, do: Path.dirname(to_string(:code.which(Specter)))

  # {what it printed, its exit status}: 128 and more for one that a signal ended.
  defp run(script, arguments \\ []) do
    System.cmd("elixir", ["-pa", ebin(), "-e", script, "--" | arguments], stderr_to_stdout: true)
  end
end
