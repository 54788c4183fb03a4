<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>ActionDialog</name>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Still to be filled in: {names}</source>
        <translation>还需填写：{names}</translation>
    </message>
    <message>
        <source>What it frees is known after the run.</source>
        <translation>能释放多少，运行后才知道。</translation>
    </message>
    <message>
        <source>Would free about {size}.</source>
        <translation>预计释放约 {size}。</translation>
    </message>
    <message>
        <source>Not now: {reason}</source>
        <translation>现在不行：{reason}</translation>
    </message>
    <message>
        <source>How long training stands still is not known beforehand.</source>
        <translation>训练会停顿多久，事先无法得知。</translation>
    </message>
    <message>
        <source>Training goes on meanwhile, or pauses for less than a millisecond.</source>
        <translation>训练照常进行，停顿不到一毫秒。</translation>
    </message>
    <message>
        <source>, between two steps</source>
        <translation>（在两步之间）</translation>
    </message>
    <message>
        <source>Training stands still for about {time}{where}.</source>
        <translation>训练大约停顿 {time}{where}。</translation>
    </message>
</context>
<context>
    <name>ActionRow</name>
    <message>
        <source>Stop waiting</source>
        <translation>不再等待</translation>
    </message>
    <message>
        <source>no agent connected</source>
        <translation>未连接代理</translation>
    </message>
    <message>
        <source>nothing to free</source>
        <translation>没有可释放的</translation>
    </message>
    <message>
        <source>preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>? run to see</source>
        <translation>? 运行后可知</translation>
    </message>
    <message>
        <source>Training stands still for about {time}.</source>
        <translation>训练大约停顿 {time}。</translation>
    </message>
    <message>
        <source>Runs between two steps, on the training thread.</source>
        <translation>在两步之间、训练线程上运行。</translation>
    </message>
    <message>
        <source>Can be undone.</source>
        <translation>可以撤销。</translation>
    </message>
    <message>
        <source>Not now: {reason}</source>
        <translation>现在不行：{reason}</translation>
    </message>
</context>
<context>
    <name>ActionsPanel</name>
    <message>
        <source>Actions</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>A process with the agent inside offers its actions here.</source>
        <translation>装有代理的进程会在这里提供它的操作。</translation>
    </message>
</context>
<context>
    <name>AttachDialog</name>
    <message>
        <source>Attach to a running process</source>
        <translation>附加到运行中的进程</translation>
    </message>
    <message>
        <source>Search by name, pid or user</source>
        <translation>按名称、pid 或用户搜索</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>附加</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>PyTorch processes of this host</source>
        <translation>本机的 PyTorch 进程</translation>
    </message>
    <message>
        <source>The agent is put into the process as it runs: no restart, no change of the script. Training pauses for a few milliseconds.</source>
        <translation>代理在进程运行时放入：无需重启，也不改脚本。训练只停顿几毫秒。</translation>
    </message>
    <message>
        <source>Watch</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查找…</translation>
    </message>
    <message>
        <source>No PyTorch process runs here. Start one with Launch…, or run `memgui demo`.</source>
        <translation>这里没有 PyTorch 进程在运行。用“启动…”启动一个，或运行 `memgui demo`。</translation>
    </message>
    <message>
        <source>Choose a process.</source>
        <translation>请选择一个进程。</translation>
    </message>
    <message>
        <source>The agent cannot be put into this process.</source>
        <translation>无法把代理放入此进程。</translation>
    </message>
    <message>
        <source>Attaching to {name}…</source>
        <translation>正在附加到 {name}…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
</context>
<context>
    <name>AttachableList</name>
    <message>
        <source>and {n} more: press Attach…</source>
        <translation>还有 {n} 个：请按“附加…”</translation>
    </message>
</context>
<context>
    <name>AttachableRow</name>
    <message>
        <source>Attach</source>
        <translation>附加</translation>
    </message>
    <message>
        <source>Watch</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>attaching…</source>
        <translation>正在附加…</translation>
    </message>
    <message>
        <source>pid {pid} · {about}</source>
        <translation>pid {pid} · {about}</translation>
    </message>
    <message>
        <source>no access</source>
        <translation>无权访问</translation>
    </message>
    <message>
        <source>The agent is in this process already.</source>
        <translation>此进程中已有代理。</translation>
    </message>
    <message>
        <source>{reason}
Its memory can still be watched from outside, without steps and actions.</source>
        <translation>{reason}
仍可从外部观察其内存，但没有步数和操作。</translation>
    </message>
    <message>
        <source>The agent cannot be put into this process.</source>
        <translation>无法把代理放入此进程。</translation>
    </message>
    <message>
        <source>Attach to {name}, pid {pid}</source>
        <translation>附加到 {name}，pid {pid}</translation>
    </message>
    <message>
        <source>Watch {name}, pid {pid}</source>
        <translation>查看 {name}，pid {pid}</translation>
    </message>
    <message>
        <source>{name} · pid {pid} · {user}{torch} · {size} resident</source>
        <translation>{name} · pid {pid} · {user}{torch} · 常驻 {size}</translation>
    </message>
</context>
<context>
    <name>Dock</name>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>{start} to {end} ({span})</source>
        <translation>{start} 至 {end}（{span}）</translation>
    </message>
</context>
<context>
    <name>EmptyState</name>
    <message>
        <source>Attach…</source>
        <translation>附加…</translation>
    </message>
    <message>
        <source>Launch…</source>
        <translation>启动…</translation>
    </message>
    <message>
        <source>Looking for PyTorch processes…</source>
        <translation>正在查找 PyTorch 进程…</translation>
    </message>
    <message>
        <source>Nothing is watched yet.</source>
        <translation>还没有观察任何进程。</translation>
    </message>
    <message>
        <source>PyTorch processes run here: choose one on the left. Training is not restarted.</source>
        <translation>这里有 PyTorch 进程在运行：请在左侧选择一个。训练不会重启。</translation>
    </message>
    <message>
        <source>No PyTorch process runs here.</source>
        <translation>这里没有 PyTorch 进程在运行。</translation>
    </message>
    <message>
        <source>Launch… a training script, drag one onto this window, or run `memgui demo` in a terminal to watch a small language model train.</source>
        <translation>点“启动…”运行训练脚本，把脚本拖到本窗口，或在终端运行 `memgui demo` 观看一个小语言模型的训练。</translation>
    </message>
</context>
<context>
    <name>ExpectDialog</name>
    <message>
        <source>Expected growth</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For example: the replay buffer fills up to 20 GiB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why it is expected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is expected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished">取消</translation>
    </message>
    <message>
        <source>Remembered for {script}, also after a restart: no card, badge or notification. Should it grow more than twice as fast as now, you are told again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why is this expected?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FindingCard</name>
    <message>
        <source>Show the chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who holds what grows, and the line that made it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What this is concluded from</source>
        <translation>得出此结论的依据</translation>
    </message>
    <message>
        <source>Why am I told this? How this rule reaches its verdict</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why am I told this?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expected…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Say why this grows; remembered for this script, also after a restart</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>静音</translation>
    </message>
    <message>
        <source>Hide this finding and take its badge away until memgui ends</source>
        <translation>隐藏此发现及其标记，直到 memgui 结束</translation>
    </message>
    <message>
        <source>{title}…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Under way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Diagnosed. {cause}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expected (“{reason}”), but now more than twice as fast.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why this?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FindingsPanel</name>
    <message>
        <source>Findings</source>
        <translation>发现</translation>
    </message>
    <message>
        <source>{n} muted · show</source>
        <translation>已静音 {n} 个 · 显示</translation>
    </message>
    <message>
        <source>No target is shown.</source>
        <translation>未显示任何目标。</translation>
    </message>
    <message>
        <source>Nothing grew while this process was watched.</source>
        <translation>观察期间没有任何增长。</translation>
    </message>
    <message>
        <source>Nothing grows. A verdict needs some twenty steps after the warm-up.</source>
        <translation>没有增长。预热之后需要约二十步才能下结论。</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>pid {pid}</source>
        <translation>pid {pid}</translation>
    </message>
    <message>
        <source>rank {rank} of {world}</source>
        <translation>rank {rank} / {world}</translation>
    </message>
    <message>
        <source>no accelerator in use</source>
        <translation>未使用加速器</translation>
    </message>
    <message>
        <source>safe point: {where}</source>
        <translation>安全点：{where}</translation>
    </message>
    <message>
        <source>no step seen yet</source>
        <translation>尚未见到训练步</translation>
    </message>
    <message>
        <source>From {file}; the process {how}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended: {reason}. The charts stay.</source>
        <translation>已结束：{reason}。图表保留。</translation>
    </message>
    <message>
        <source>the process is gone</source>
        <translation>进程已不存在</translation>
    </message>
    <message>
        <source>The process {how}. The charts stay.</source>
        <translation>进程 {how}。图表保留。</translation>
    </message>
    <message>
        <source>no answer from the agent</source>
        <translation>代理没有应答</translation>
    </message>
    <message>
        <source>Connection lost: {text}. Trying again by itself.</source>
        <translation>连接中断：{text}。正在自动重试。</translation>
    </message>
    <message>
        <source>there is no agent in this process</source>
        <translation>此进程中没有代理</translation>
    </message>
    <message>
        <source>Watched from outside: {text}.</source>
        <translation>从外部观察：{text}。</translation>
    </message>
</context>
<context>
    <name>JournalView</name>
    <message>
        <source>Journal</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>What you run is noted here, with its effect.</source>
        <translation>您运行的操作及其效果会记在这里。</translation>
    </message>
</context>
<context>
    <name>LaunchDesk</name>
    <message>
        <source>pid {pid}, prints to {file}</source>
        <translation>pid {pid}，输出写入 {file}</translation>
    </message>
    <message>
        <source>Launched {name}</source>
        <translation>已启动 {name}</translation>
    </message>
    <message>
        <source>{name} ended</source>
        <translation>{name} 已结束</translation>
    </message>
    <message>
        <source>Everything it printed is in {file}.</source>
        <translation>全部输出在 {file} 中。</translation>
    </message>
    <message>
        <source>{name} ended: {how}</source>
        <translation>{name} 已结束：{how}</translation>
    </message>
</context>
<context>
    <name>LaunchDialog</name>
    <message>
        <source>Launch a training script</source>
        <translation>启动训练脚本</translation>
    </message>
    <message>
        <source>Script</source>
        <translation>脚本</translation>
    </message>
    <message>
        <source>is a module, as after python -m</source>
        <translation>是模块（如 python -m 之后所写）</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Working directory</source>
        <translation>工作目录</translation>
    </message>
    <message>
        <source>Python</source>
        <translation>Python</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>环境变量</translation>
    </message>
    <message>
        <source>Launch</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>It runs as under python, with the agent inside, and goes on when this window is closed.</source>
        <translation>与用 python 运行相同，只是内含代理；关闭本窗口后仍继续运行。</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Browse: {field}</source>
        <translation>浏览：{field}</translation>
    </message>
    <message>
        <source>Training script</source>
        <translation>训练脚本</translation>
    </message>
    <message>
        <source>Python files (*.py)</source>
        <translation>Python 文件 (*.py)</translation>
    </message>
    <message>
        <source>Python interpreter</source>
        <translation>Python 解释器</translation>
    </message>
</context>
<context>
    <name>LeftPanel</name>
    <message>
        <source>Nothing is watched yet. Launch… a script, or attach to one that runs.</source>
        <translation>还没有观察任何进程。可启动脚本，或附加到运行中的进程。</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Stop watching</source>
        <translation>停止观察</translation>
    </message>
    <message>
        <source>Attachable here</source>
        <translation>此处可附加</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查找…</translation>
    </message>
    <message>
        <source>Every PyTorch process here is watched.</source>
        <translation>这里的 PyTorch 进程都在观察中。</translation>
    </message>
    <message>
        <source>No other PyTorch process runs here.</source>
        <translation>这里没有其他 PyTorch 进程。</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Drop the script to launch it</source>
        <translation>松开鼠标即可启动此脚本</translation>
    </message>
    <message>
        <source>training paused for {ms} ms</source>
        <translation>训练停顿了 {ms} 毫秒</translation>
    </message>
    <message>
        <source>Attached</source>
        <translation>已附加</translation>
    </message>
    <message>
        <source>reading {file}: {share}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>growth that reaches the limit within {days} d; from the next target on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} ended</source>
        <translation>{name} 已结束</translation>
    </message>
    <message>
        <source>the process {how}</source>
        <translation>进程 {how}</translation>
    </message>
</context>
<context>
    <name>NativePage</name>
    <message>
        <source>Open report…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run a tool…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter by function, file or library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Native leaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading {name}…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Report of a native leak tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool}: starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>looking for leaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reading the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool}: {phase} · {time} · report {size}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool}: {size} in {blocks} blocks, {places} places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool}: {part} of {size}, {places} places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program itself ended with {how}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool} found no leak.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leaks of C and C++ code: open or drop a report of memray, valgrind, a sanitizer or heaptrack, or run a tool on a script.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Search or run a command…</source>
        <translation>搜索或运行命令…</translation>
    </message>
    <message>
        <source>Search or run a command</source>
        <translation>搜索或运行命令</translation>
    </message>
    <message>
        <source>No command fits.</source>
        <translation>没有匹配的命令。</translation>
    </message>
</context>
<context>
    <name>RecordingDesk</name>
    <message>
        <source>recording to {file}: {size}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recordings (*{suffix})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RuleDialog</name>
    <message>
        <source>Why am I told this?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How this verdict is reached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no page on “{rule}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RunDialog</name>
    <message>
        <source>Find native leaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Script</source>
        <translation type="unfinished">脚本</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation type="unfinished">参数</translation>
    </message>
    <message>
        <source>Working directory</source>
        <translation type="unfinished">工作目录</translation>
    </message>
    <message>
        <source>Python</source>
        <translation type="unfinished">Python</translation>
    </message>
    <message>
        <source> s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at its own end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished">运行</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished">取消</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool} (not installed)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install it with: {command}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The script is started anew under the tool; what is watched goes on untouched. It may write the same files as the watched run: give it another output folder, or end it early.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation type="unfinished">浏览…</translation>
    </message>
    <message>
        <source>End it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python files (*.py)</source>
        <translation type="unfinished">Python 文件 (*.py)</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>Readings that arrive per second, and readings that the agent threw away because this window
took them too slowly. Training never waits for the window.</source>
        <translation>每秒到达的读数，以及因本窗口接收过慢而被代理丢弃的读数。
训练从不等待窗口。</translation>
    </message>
    <message>
        <source>Processor time that the agent&apos;s own thread uses inside the training process,
as a share of the time that passes.</source>
        <translation>代理线程在训练进程内占用的处理器时间，
以占经过时间的比例表示。</translation>
    </message>
    <message>
        <source>Watched processes that still run</source>
        <translation>仍在运行的被观察进程</translation>
    </message>
    <message>
        <source>○ no target</source>
        <translation>○ 无目标</translation>
    </message>
    <message>
        <source>{rate} · {n} dropped</source>
        <translation>{rate} · 丢弃 {n}</translation>
    </message>
    <message>
        <source>agent costs {share}</source>
        <translation>代理开销 {share}</translation>
    </message>
    <message>
        <source>{alive} of {all} targets alive</source>
        <translation>{all} 个目标中 {alive} 个存活</translation>
    </message>
</context>
<context>
    <name>Toolbar</name>
    <message>
        <source>Attach…</source>
        <translation>附加…</translation>
    </message>
    <message>
        <source>Put the agent into a PyTorch process that already runs (Ctrl+Shift+A)</source>
        <translation>把代理放入正在运行的 PyTorch 进程 (Ctrl+Shift+A)</translation>
    </message>
    <message>
        <source>Launch…</source>
        <translation>启动…</translation>
    </message>
    <message>
        <source>Start a training script with the agent inside (Ctrl+Shift+L)</source>
        <translation>启动内含代理的训练脚本 (Ctrl+Shift+L)</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a recording (Ctrl+O)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write what is watched into a file, or end the recording (Ctrl+R)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Axis</source>
        <translation>横轴</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>1 m</source>
        <translation>1 分</translation>
    </message>
    <message>
        <source>10 m</source>
        <translation>10 分</translation>
    </message>
    <message>
        <source>1 h</source>
        <translation>1 时</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>Follow the newest sample, or hold the picture still (Ctrl+P)</source>
        <translation>跟随最新采样，或使画面静止 (Ctrl+P)</translation>
    </message>
    <message>
        <source>Search or run a command</source>
        <translation>搜索或运行命令</translation>
    </message>
    <message>
        <source>Every command, target and action (Ctrl+K)</source>
        <translation>所有命令、目标和操作 (Ctrl+K)</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Stop recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Search or run a command…</source>
        <translation>搜索或运行命令…</translation>
    </message>
</context>
<context>
    <name>_ExpectedRow</name>
    <message>
        <source>Expected: {title}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Be told of this growth again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>Free memory</source>
        <translation>释放内存</translation>
    </message>
    <message>
        <source>Shrink the job</source>
        <translation>缩减任务</translation>
    </message>
    <message>
        <source>Pools and buffers</source>
        <translation>内存池与缓冲区</translation>
    </message>
    <message>
        <source>Diagnose</source>
        <translation>诊断</translation>
    </message>
</context>
<context>
    <name>alerts</name>
    <message>
        <source>Now more than twice as fast as when you were told.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>attach</name>
    <message>
        <source>Process</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>Pid</source>
        <translation>Pid</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>Resident</source>
        <translation>常驻内存</translation>
    </message>
    <message>
        <source>torch</source>
        <translation>torch</translation>
    </message>
    <message>
        <source>Can be attached to</source>
        <translation>可否附加</translation>
    </message>
    <message>
        <source>has the agent</source>
        <translation>已有代理</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>可以</translation>
    </message>
    <message>
        <source>no access</source>
        <translation>无权访问</translation>
    </message>
    <message>
        <source>no: {reason}</source>
        <translation>不可：{reason}</translation>
    </message>
</context>
<context>
    <name>chain</name>
    <message>
        <source>Autograd graph</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tensors in a container</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python objects</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Function cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hook that stores</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept exception</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loader workers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Native memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>+{size} a step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>confidence {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>made in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kept in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>made and kept in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open {place} in the editor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished">取消</translation>
    </message>
    <message>
        <source>Chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The answer cannot be read: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking, waiting some steps, and looking again; this takes up to ten seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finds what outlives its step, who holds it, and the line that made it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training pauses for about {ms} ms in all, over three looks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{steps} steps in {span}; training paused for {ms} ms.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing outlives its step: nothing grows by the step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lines of birth were not recorded: {why}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not all was looked at: {why}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>charts</name>
    <message>
        <source>Memory charts</source>
        <translation>内存图表</translation>
    </message>
    <message>
        <source>No GPU in use by this process; host memory has the room.</source>
        <translation>此进程未使用 GPU；版面让给主机内存。</translation>
    </message>
    <message>
        <source>GPU memory</source>
        <translation>GPU 内存</translation>
    </message>
    <message>
        <source>Host memory</source>
        <translation>主机内存</translation>
    </message>
    <message>
        <source>Step time</source>
        <translation>步耗时</translation>
    </message>
    <message>
        <source>waiting for the first sample</source>
        <translation>等待第一个采样</translation>
    </message>
    <message>
        <source>median {duration}</source>
        <translation>中位数 {duration}</translation>
    </message>
    <message>
        <source>no step seen yet</source>
        <translation>尚未见到训练步</translation>
    </message>
    <message>
        <source>no reading yet</source>
        <translation>尚无读数</translation>
    </message>
    <message>
        <source>all series are hidden</source>
        <translation>所有曲线都已隐藏</translation>
    </message>
    <message>
        <source>limit {size}</source>
        <translation>上限 {size}</translation>
    </message>
    <message>
        <source>capacity {size}</source>
        <translation>容量 {size}</translation>
    </message>
    <message>
        <source>Lines or composition</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as composition</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lines of single metrics, or what the memory is made of, stacked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>growth, forecast</source>
        <translation>增长与预测</translation>
    </message>
    <message>
        <source>growth</source>
        <translation>增长</translation>
    </message>
    <message>
        <source>The line that the finding on the right is about, and how it goes on.</source>
        <translation>右侧发现所指的曲线及其走势。</translation>
    </message>
    <message>
        <source>growth begins</source>
        <translation>增长开始</translation>
    </message>
    <message>
        <source>growth goes on</source>
        <translation>继续增长</translation>
    </message>
    <message>
        <source>growth begins, step {step}</source>
        <translation>增长始于第 {step} 步</translation>
    </message>
    <message>
        <source>growth since step {step}</source>
        <translation>自第 {step} 步起增长</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>and {n} more</source>
        <translation>还有 {n} 个</translation>
    </message>
    <message>
        <source>{n} steps</source>
        <translation>{n} 步</translation>
    </message>
    <message>
        <source>resident</source>
        <translation>常驻</translation>
    </message>
    <message>
        <source>anonymous</source>
        <translation>匿名</translation>
    </message>
    <message>
        <source>heap in use</source>
        <translation>堆已用</translation>
    </message>
    <message>
        <source>workers</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>step time</source>
        <translation>步耗时</translation>
    </message>
    <message>
        <source>allocated</source>
        <translation>已分配</translation>
    </message>
    <message>
        <source>reserved</source>
        <translation>已保留</translation>
    </message>
    <message>
        <source>device used</source>
        <translation>设备已用</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>connection lost</source>
        <translation>连接中断</translation>
    </message>
    <message>
        <source>parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gradients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>optimizer state</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>activations, other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other heap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python heap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>heap kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pinned pool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shared memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>file pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>private pools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not explained</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters of the models that the optimizers train.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradients, as they are right after an optimizer step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tensors in the state of the optimizers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buffers of the models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allocated memory beyond the known roles: activations, batches, other tensors.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the C heap has handed out beyond the known roles: activations, batches, native memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python&apos;s small objects, estimated from their number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Freed memory that the C heap keeps; trimming the heap returns most of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Page-locked memory that the caching host allocator keeps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages of shared memory, such as batches of loader workers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages of libraries and of mapped files; the system can drop most of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free memory in pools of CUDA graphs and of the script&apos;s own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reserved by the caching allocator and not allocated.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the driver counts beyond the allocator: context, kernels, communicators.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the system reports beyond all bands.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>commands</name>
    <message>
        <source>no agent connected</source>
        <translation>未连接代理</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Attach…</source>
        <translation>附加…</translation>
    </message>
    <message>
        <source>Launch…</source>
        <translation>启动…</translation>
    </message>
    <message>
        <source>Open a recording…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop recording</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show {name}</source>
        <translation>显示 {name}</translation>
    </message>
    <message>
        <source>Stop watching {name}</source>
        <translation>停止观察 {name}</translation>
    </message>
    <message>
        <source>Attach to {name}</source>
        <translation>附加到 {name}</translation>
    </message>
    <message>
        <source>no access</source>
        <translation>无权访问</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation type="unfinished">发现</translation>
    </message>
    <message>
        <source>Desktop notifications: switch off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Desktop notifications: switch on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Alarm where memory is full within {n} days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Show the last minute</source>
        <translation>显示最近 1 分钟</translation>
    </message>
    <message>
        <source>Show the last 10 minutes</source>
        <translation>显示最近 10 分钟</translation>
    </message>
    <message>
        <source>Show the last hour</source>
        <translation>显示最近 1 小时</translation>
    </message>
    <message>
        <source>Show all there is</source>
        <translation>显示全部</translation>
    </message>
    <message>
        <source>Hold the charts still</source>
        <translation>使图表静止</translation>
    </message>
    <message>
        <source>Return to live</source>
        <translation>回到实时</translation>
    </message>
    <message>
        <source>Axis: time</source>
        <translation>横轴：时间</translation>
    </message>
    <message>
        <source>Axis: step</source>
        <translation>横轴：步</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Theme: as the system</source>
        <translation>主题：跟随系统</translation>
    </message>
    <message>
        <source>Theme: dark</source>
        <translation>主题：深色</translation>
    </message>
    <message>
        <source>Theme: light</source>
        <translation>主题：浅色</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>editor</name>
    <message>
        <source>{file} is not on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the program may have been built or run elsewhere</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no editor could be started for {file}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>set $VISUAL to your editor, such as “code” or “gvim”</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finding</name>
    <message>
        <source>growing</source>
        <translation type="unfinished">增长中</translation>
    </message>
    <message>
        <source>probable</source>
        <translation type="unfinished">很可能</translation>
    </message>
    <message>
        <source>confirmed</source>
        <translation type="unfinished">已确认</translation>
    </message>
    <message>
        <source>over</source>
        <translation type="unfinished">已结束</translation>
    </message>
    <message>
        <source>{score} sure</source>
        <translation type="unfinished">可信度 {score}</translation>
    </message>
    <message>
        <source>limit in more than 30 days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>limit in {eta}</source>
        <translation type="unfinished">{eta} 后达到上限</translation>
    </message>
    <message>
        <source> (from {eta})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{sizes} per step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>between {rates}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>since step {step}, {time}, for {span}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>since {time}, for {span}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>hover</name>
    <message>
        <source>{name}: a number of the training script&apos;s own, sent by memgui.agent.step().</source>
        <translation>{name}：训练脚本自己的数值，由 memgui.agent.step() 发送。</translation>
    </message>
</context>
<context>
    <name>journal</name>
    <message>
        <source>done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>no answer in time</source>
        <translation>未及时应答</translation>
    </message>
    <message>
        <source>connection lost</source>
        <translation>连接中断</translation>
    </message>
    <message>
        <source>at step {step}</source>
        <translation>第 {step} 步</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>launch</name>
    <message>
        <source>exit status {status}</source>
        <translation>退出状态 {status}</translation>
    </message>
    <message>
        <source>killed by {signal}</source>
        <translation>被 {signal} 终止</translation>
    </message>
</context>
<context>
    <name>looks</name>
    <message>
        <source>Look now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Visits the objects of the training at its next step boundary. The training stands still meanwhile, for two seconds at most.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waiting for a step boundary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the answer cannot be read: {error}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step {step} · the training stood still for {pause}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation type="unfinished">正在查找…</translation>
    </message>
</context>
<context>
    <name>modules</name>
    <message>
        <source>no optimizer that was seen trains it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Module</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Activations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Map of the modules</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with activations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Also looks at what the forward of one step saves for backward, by hooks that are there for this step only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Modules</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters, gradients, optimizer state, buffers and, if you like, activations of each module, the models that are trained first.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>native</name>
    <message>
        <source>All memory that is not given back, with the Python lines that took it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost blocks of C and C++ code, and wrong uses of memory. Very slow: 20 times and more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost blocks of C and C++ code at the program&apos;s end. Hardly slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost blocks, double frees, and overruns in C library calls. Takes more memory; hardly slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All C allocations that are not given back, with C stacks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Taken by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The innermost call that is neither the allocator nor the interpreter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of all bytes in the report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished">种类</translation>
    </message>
    <message>
        <source>definite: nothing points to it; indirect: only lost memory does; possible: something points into it; unfreed: not given back while the tool watched; reachable: still in use; high-water: in use at the highest point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Called from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>allocator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dispatcher</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interpreter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>start of the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>without names</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>… 1 frame: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>… {count} frames: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one stack</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from {call}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> and {count} more</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>pools</name>
    <message>
        <source>Occupancy over the last five minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trim</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trim {pool}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>≈ {size} in flight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{used}, held {held}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} of {limit}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pieces of {n}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{n} workers</source>
        <translation type="unfinished">{n} 个工作进程</translation>
    </message>
    <message>
        <source>{n} batches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{share} % hits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{n} stalls, {time}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{n} missed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking the training…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pools &amp;&amp; buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The answer cannot be read: {fault}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for data loaders at the next step…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No pool, cache, buffer or data loader was found. memgui.runtime has pools, caches, shared data, a prefetcher and micro-batches that a training script can use; they appear here by themselves.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at the next step; its effect is told some steps later…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gave back {size}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step {before} → {after}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>resident {change}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from {low} to {high}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>runs</name>
    <message>
        <source>waiting for the next step…</source>
        <translation>等待下一步…</translation>
    </message>
    <message>
        <source>running…</source>
        <translation>运行中…</translation>
    </message>
    <message>
        <source>Undo: {title}</source>
        <translation>撤销：{title}</translation>
    </message>
    <message>
        <source>no longer waited for; it may still run at the next step</source>
        <translation>不再等待；它仍可能在下一步运行</translation>
    </message>
</context>
<context>
    <name>source</name>
    <message>
        <source>Findings in this file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the script</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open in editor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opens $VISUAL, else $EDITOR, at the marked line; a double click does too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the script …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Source</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed at {time}, after the run had started: lines may have moved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Line {line}: {reason}; the file was not checked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} findings in {lines} lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;{title}&lt;/b&gt;&lt;br&gt;This line made what grows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No pattern that keeps memory was found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} is on {detail}; files of other hosts are not read from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} is not there: deleted or moved since the run started.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} cannot be read: {detail}. Run memgui as the user of the training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} is longer than 4 MB and is not shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path} is not a text in UTF-8.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tables</name>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Journal</source>
        <translation type="unfinished">日志</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Effect</source>
        <translation>效果</translation>
    </message>
    <message>
        <source>Change of the memory that the action is about, measured before and after it.</source>
        <translation>该操作所针对的内存的变化，在操作前后测得。</translation>
    </message>
    <message>
        <source>Step, pause, reason</source>
        <translation>步、停顿、原因</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>发生了什么</translation>
    </message>
    <message>
        <source>Workers</source>
        <translation type="unfinished">工作进程</translation>
    </message>
    <message>
        <source>Pid</source>
        <translation>Pid</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>Pages shared with the parent count here too.</source>
        <translation>与父进程共享的页也计入此处。</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Metrics</source>
        <translation type="unfinished">指标</translation>
    </message>
    <message>
        <source>Change in interval</source>
        <translation>区间内变化</translation>
    </message>
    <message>
        <source>Change in 1 min</source>
        <translation>1 分钟变化</translation>
    </message>
    <message>
        <source>in the marked interval</source>
        <translation>在所标区间内</translation>
    </message>
    <message>
        <source>since it was watched</source>
        <translation>自开始观察以来</translation>
    </message>
    <message>
        <source>Metric</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>Lowest</source>
        <translation>最低</translation>
    </message>
    <message>
        <source>Highest</source>
        <translation>最高</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>含义</translation>
    </message>
    <message>
        <source>Events</source>
        <translation type="unfinished">事件</translation>
    </message>
    <message>
        <source>mark</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>settled</source>
        <translation>稳定后</translation>
    </message>
    <message>
        <source>probe</source>
        <translation>探针</translation>
    </message>
    <message>
        <source>end</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>A number of the training script&apos;s own.</source>
        <translation>训练脚本自己的数值。</translation>
    </message>
    <message>
        <source>Native</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>target</name>
    <message>
        <source>process {pid}</source>
        <translation>进程 {pid}</translation>
    </message>
    <message>
        <source>rank {rank}</source>
        <translation>rank {rank}</translation>
    </message>
    <message>
        <source>pid {pid}</source>
        <translation>pid {pid}</translation>
    </message>
    <message>
        <source>{n} workers</source>
        <translation>{n} 个工作进程</translation>
    </message>
    <message>
        <source>1 worker</source>
        <translation>1 个工作进程</translation>
    </message>
    <message>
        <source>recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OOM killed</source>
        <translation>内存不足被杀</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>失联</translation>
    </message>
    <message>
        <source>leak</source>
        <translation>泄漏</translation>
    </message>
    <message>
        <source>growing</source>
        <translation>增长中</translation>
    </message>
    <message>
        <source>outside</source>
        <translation>外部</translation>
    </message>
    <message>
        <source>connecting</source>
        <translation>连接中</translation>
    </message>
    <message>
        <source>recorded in {file}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connected</source>
        <translation>已连接</translation>
    </message>
    <message>
        <source>watched from outside</source>
        <translation>从外部观察</translation>
    </message>
    <message>
        <source>connection lost</source>
        <translation>连接中断</translation>
    </message>
    <message>
        <source>{alive} of {all} ranks alive</source>
        <translation>{all} 个 rank 中 {alive} 个存活</translation>
    </message>
    <message>
        <source>Sum over the ranks of this run that are watched here.</source>
        <translation>此处观察的该任务各 rank 之和。</translation>
    </message>
    <message>
        <source>Shown: {metric}, the last two minutes</source>
        <translation>所示：{metric}，最近两分钟</translation>
    </message>
</context>
<context>
    <name>tensors</name>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optimizer state</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Activations, saved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other tensors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{n} bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look a second time to see what changes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shape</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Role</source>
        <translation type="unfinished">角色</translation>
    </message>
    <message>
        <source>Count</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Δ per step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter: float32 optimizer encoder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every tensor of the process, those that only autograd holds included, by shape, type, place and role. A second look tells what changes per step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} in {n} groups</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} × {each} bytes = {all} bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>held by {holder}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>born at {place}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tiles</name>
    <message>
        <source>Host anonymous</source>
        <translation>主机匿名内存</translation>
    </message>
    <message>
        <source>Anonymous</source>
        <translation>匿名内存</translation>
    </message>
    <message>
        <source>▲ {rate} per step</source>
        <translation>▲ 每步 {rate}</translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation>测量中…</translation>
    </message>
    <message>
        <source>flat</source>
        <translation>平稳</translation>
    </message>
    <message>
        <source>kept {size}, reclaimable</source>
        <translation>留存 {size}，可回收</translation>
    </message>
    <message>
        <source>kept {size}</source>
        <translation>留存 {size}</translation>
    </message>
    <message>
        <source>known to the agent only</source>
        <translation>只有代理知道</translation>
    </message>
    <message>
        <source>needs the agent</source>
        <translation>需要代理</translation>
    </message>
    <message>
        <source>Heap in use</source>
        <translation>堆已用</translation>
    </message>
    <message>
        <source>1 process</source>
        <translation>1 个进程</translation>
    </message>
    <message>
        <source>{n} processes</source>
        <translation>{n} 个进程</translation>
    </message>
    <message>
        <source>no processes</source>
        <translation>没有进程</translation>
    </message>
    <message>
        <source>Workers</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>GPU allocated</source>
        <translation>GPU 已分配</translation>
    </message>
    <message>
        <source>GPU used</source>
        <translation>GPU 已用</translation>
    </message>
    <message>
        <source>peak {size}</source>
        <translation>峰值 {size}</translation>
    </message>
    <message>
        <source>of {size}</source>
        <translation>共 {size}</translation>
    </message>
    <message>
        <source>GPU cached, not in use</source>
        <translation>GPU 缓存未用</translation>
    </message>
    <message>
        <source>GPU cached</source>
        <translation>GPU 缓存</translation>
    </message>
    <message>
        <source>nothing to reclaim</source>
        <translation>没有可回收的</translation>
    </message>
    <message>
        <source>reclaimable now</source>
        <translation>现在可回收</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>no step seen yet</source>
        <translation>尚未见到训练步</translation>
    </message>
    <message>
        <source>no step yet</source>
        <translation>尚无步</translation>
    </message>
    <message>
        <source>Host out of memory in</source>
        <translation>主机内存耗尽还有</translation>
    </message>
    <message>
        <source>Host full in</source>
        <translation>主机满还有</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>GPU out of memory in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GPU full in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;Time to the limit&lt;/b&gt;&lt;br&gt;How long until device memory reaches the device&apos;s capacity.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;Time to the limit&lt;/b&gt;&lt;br&gt;How long until host memory reaches the limit that binds.</source>
        <translation>&lt;b&gt;距上限的时间&lt;/b&gt;&lt;br&gt;主机内存到达起作用的上限还有多久。</translation>
    </message>
    <message>
        <source>limit {size}</source>
        <translation>上限 {size}</translation>
    </message>
    <message>
        <source>no growth</source>
        <translation>无增长</translation>
    </message>
    <message>
        <source>growing</source>
        <translation>增长中</translation>
    </message>
    <message>
        <source>no limit known</source>
        <translation>上限未知</translation>
    </message>
    <message>
        <source>&gt; 30 d</source>
        <translation>&gt; 30 天</translation>
    </message>
    <message>
        <source>{score} sure</source>
        <translation>可信度 {score}</translation>
    </message>
</context>
</TS>
