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
    <name>AlwaysOn</name>
    <message>
        <source>always recording: {size}</source>
        <translation>持续录制：{size}</translation>
    </message>
    <message>
        <source>at most {size}, in {folder}</source>
        <translation>最多 {size}，位于 {folder}</translation>
    </message>
    <message>
        <source>Always recording</source>
        <translation>已开启持续录制</translation>
    </message>
    <message>
        <source>No longer always recording</source>
        <translation>已停止持续录制</translation>
    </message>
    <message>
        <source>what was recorded stays</source>
        <translation>已录制的内容保留</translation>
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
        <source>More room</source>
        <translation>更多空间</translation>
    </message>
    <message>
        <source>Give the pages most of the height, or give it back to the charts (Ctrl+D)</source>
        <translation>让下方页面占据大部分高度，或还给图表 (Ctrl+D)</translation>
    </message>
    <message>
        <source>{start} to {end} ({span})</source>
        <translation>{start} 至 {end}（{span}）</translation>
    </message>
</context>
<context>
    <name>DropZone</name>
    <message>
        <source>Drop the script to launch it</source>
        <translation>松开鼠标即可启动此脚本</translation>
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
        <translation>预期内的增长</translation>
    </message>
    <message>
        <source>For example: the replay buffer fills up to 20 GiB</source>
        <translation>例如：回放缓冲区会增长到 20 GiB</translation>
    </message>
    <message>
        <source>Why it is expected</source>
        <translation>为何在预期之内</translation>
    </message>
    <message>
        <source>It is expected</source>
        <translation>属于预期</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Remembered for {script}, also after a restart: no card, badge or notification. Should it grow more than twice as fast as now, you are told again.</source>
        <translation>将为 {script} 记住，重启后仍有效：不再显示卡片、标记或通知。若增长速度超过现在的两倍，会再次提醒。</translation>
    </message>
    <message>
        <source>Why is this expected?</source>
        <translation>为何在预期之内？</translation>
    </message>
</context>
<context>
    <name>ExportDesk</name>
    <message>
        <source>Save the charts as</source>
        <translation>图表另存为</translation>
    </message>
    <message>
        <source>Pictures (*.png *.svg)</source>
        <translation>图片 (*.png *.svg)</translation>
    </message>
    <message>
        <source>Save a report as</source>
        <translation>报告另存为</translation>
    </message>
    <message>
        <source>Reports (*.html)</source>
        <translation>报告 (*.html)</translation>
    </message>
    <message>
        <source>Exported</source>
        <translation>已导出</translation>
    </message>
</context>
<context>
    <name>FindingCard</name>
    <message>
        <source>Show the chain</source>
        <translation>显示引用链</translation>
    </message>
    <message>
        <source>Who holds what grows, and the line that made it</source>
        <translation>增长的内存由谁持有，由哪一行产生</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>依据</translation>
    </message>
    <message>
        <source>What this is concluded from</source>
        <translation>得出此结论的依据</translation>
    </message>
    <message>
        <source>Why am I told this? How this rule reaches its verdict</source>
        <translation>为何提示我？这条规则如何得出结论</translation>
    </message>
    <message>
        <source>Why am I told this?</source>
        <translation>为何提示我？</translation>
    </message>
    <message>
        <source>Expected…</source>
        <translation>属于预期…</translation>
    </message>
    <message>
        <source>Say why this grows; remembered for this script, also after a restart</source>
        <translation>说明为何增长；将为此脚本记住，重启后仍有效</translation>
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
        <translation>{title}…</translation>
    </message>
    <message>
        <source>Under way</source>
        <translation>正在进行</translation>
    </message>
    <message>
        <source>Diagnosed. {cause}</source>
        <translation>已诊断：{cause}</translation>
    </message>
    <message>
        <source>Expected (“{reason}”), but now more than twice as fast.</source>
        <translation>属于预期（“{reason}”），但现在的增长速度超过当时的两倍。</translation>
    </message>
    <message>
        <source>Why this?</source>
        <translation>为何提示？</translation>
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
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Hand on what is shown: a report that needs no memgui, or a picture of the charts</source>
        <translation>把所显示的内容转给他人：无需 memgui 即可查看的报告，或图表的图片</translation>
    </message>
    <message>
        <source>Report of this run…</source>
        <translation>此任务的报告…</translation>
    </message>
    <message>
        <source>Picture of the charts…</source>
        <translation>图表的图片…</translation>
    </message>
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
        <source>From {file}, which is still being written.</source>
        <translation>来自 {file}；该文件仍在写入。</translation>
    </message>
    <message>
        <source>From {file}; the process {how}.</source>
        <translation>来自 {file}；进程 {how}。</translation>
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
    <name>LeakView</name>
    <message>
        <source>Native leaks</source>
        <translation>原生泄漏</translation>
    </message>
    <message>
        <source>Copy stack</source>
        <translation>复制调用栈</translation>
    </message>
</context>
<context>
    <name>LeftPanel</name>
    <message>
        <source>Compare all targets: small charts, or a heat map (Ctrl+T)</source>
        <translation>比较所有目标：小图表或热力图 (Ctrl+T)</translation>
    </message>
    <message>
        <source>Nothing is watched yet. Launch… a script, or attach to one that runs.</source>
        <translation>还没有观察任何进程。可启动脚本，或附加到运行中的进程。</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Shrink the job on all ranks…</source>
        <translation>在所有 rank 上缩减任务…</translation>
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
        <source>All targets</source>
        <translation>所有目标</translation>
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
        <source>training paused for {ms} ms</source>
        <translation>训练停顿了 {ms} 毫秒</translation>
    </message>
    <message>
        <source>Attached</source>
        <translation>已附加</translation>
    </message>
    <message>
        <source>reading {file}: {share}</source>
        <translation>正在读取 {file}：{share}</translation>
    </message>
    <message>
        <source>growth that reaches the limit within {days} d; from the next target on</source>
        <translation>{days} 天内会达到上限的增长；自下一个目标起生效</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>报警</translation>
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
        <translation>打开报告…</translation>
    </message>
    <message>
        <source>Run a tool…</source>
        <translation>运行工具…</translation>
    </message>
    <message>
        <source>Filter by function, file or library</source>
        <translation>按函数、文件或库筛选</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>End it</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Reading {name}…</source>
        <translation>正在读取 {name}…</translation>
    </message>
    <message>
        <source>Report of a native leak tool</source>
        <translation>原生泄漏检测工具的报告</translation>
    </message>
    <message>
        <source>{tool}: starting</source>
        <translation>{tool}：正在启动</translation>
    </message>
    <message>
        <source>End it now</source>
        <translation>立即结束</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>looking for leaks</source>
        <translation>正在查找泄漏</translation>
    </message>
    <message>
        <source>ending</source>
        <translation>正在结束</translation>
    </message>
    <message>
        <source>reading the report</source>
        <translation>正在读取报告</translation>
    </message>
    <message>
        <source>{tool}: {phase} · {time} · report {size}</source>
        <translation>{tool}：{phase} · {time} · 报告 {size}</translation>
    </message>
    <message>
        <source>{tool}: {size} in {blocks} blocks, {places} places</source>
        <translation>{tool}：{size}，{blocks} 块，{places} 处</translation>
    </message>
    <message>
        <source>{tool}: {part} of {size}, {places} places</source>
        <translation>{tool}：{size} 中的 {part}，{places} 处</translation>
    </message>
    <message>
        <source>The program itself ended with {how}.</source>
        <translation>程序本身的结束方式：{how}。</translation>
    </message>
    <message>
        <source>1 note</source>
        <translation>1 条说明</translation>
    </message>
    <message>
        <source>{count} notes</source>
        <translation>{count} 条说明</translation>
    </message>
    <message>
        <source>{tool} found no leak.</source>
        <translation>{tool} 未发现泄漏。</translation>
    </message>
    <message>
        <source>Leaks of C and C++ code: open or drop a report of memray, valgrind, a sanitizer or heaptrack, or run a tool on a script.</source>
        <translation>C 和 C++ 代码的泄漏：打开或拖入 memray、valgrind、sanitizer 或 heaptrack 的报告，或用工具运行脚本。</translation>
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
    <name>Overview</name>
    <message>
        <source>Heat map of all targets</source>
        <translation>所有目标的热力图</translation>
    </message>
    <message>
        <source>Small charts of all targets</source>
        <translation>所有目标的小图表</translation>
    </message>
    <message>
        <source>Metric</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>排序</translation>
    </message>
    <message>
        <source>By growth</source>
        <translation>按增长</translation>
    </message>
    <message>
        <source>By size</source>
        <translation>按大小</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>按名称</translation>
    </message>
    <message>
        <source>Same scale</source>
        <translation>统一刻度</translation>
    </message>
    <message>
        <source>One scale for all targets; off: each from its own lowest to its own highest</source>
        <translation>所有目标使用同一刻度；关闭时：各自从其最低值到最高值</translation>
    </message>
    <message>
        <source>All targets</source>
        <translation>所有目标</translation>
    </message>
    <message>
        <source>Charts</source>
        <translation>图表</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热力图</translation>
    </message>
    <message>
        <source>{n} targets</source>
        <translation>{n} 个目标</translation>
    </message>
    <message>
        <source>last {span}</source>
        <translation>最近 {span}</translation>
    </message>
    <message>
        <source>{n} growing</source>
        <translation>{n} 个增长中</translation>
    </message>
    <message>
        <source>own lowest</source>
        <translation>各自最低</translation>
    </message>
    <message>
        <source>own highest</source>
        <translation>各自最高</translation>
    </message>
    <message>
        <source>Point at a target to read its value; a click opens it.</source>
        <translation>指向目标可读取其数值；单击可打开它。</translation>
    </message>
    <message>
        <source>{change} in view</source>
        <translation>所示范围内 {change}</translation>
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
        <translation>正在录制到 {file}：{size}</translation>
    </message>
    <message>
        <source>Record into</source>
        <translation>录制到</translation>
    </message>
    <message>
        <source>Recording</source>
        <translation>正在录制</translation>
    </message>
    <message>
        <source>Recorded</source>
        <translation>录制完成</translation>
    </message>
    <message>
        <source>Open a recording</source>
        <translation>打开录制文件</translation>
    </message>
    <message>
        <source>Recordings (*{suffix})</source>
        <translation>录制文件 (*{suffix})</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
</context>
<context>
    <name>RuleDialog</name>
    <message>
        <source>Why am I told this?</source>
        <translation>为何提示我？</translation>
    </message>
    <message>
        <source>How this verdict is reached</source>
        <translation>此结论如何得出</translation>
    </message>
    <message>
        <source>There is no page on “{rule}”.</source>
        <translation>没有关于“{rule}”的说明页。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>RunDialog</name>
    <message>
        <source>Find native leaks</source>
        <translation>查找原生泄漏</translation>
    </message>
    <message>
        <source>Script</source>
        <translation>脚本</translation>
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
        <source> s</source>
        <translation> 秒后</translation>
    </message>
    <message>
        <source>at its own end</source>
        <translation>等它自行结束</translation>
    </message>
    <message>
        <source>End it after</source>
        <translation>多少秒后结束</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>{tool} (not installed)</source>
        <translation>{tool}（未安装）</translation>
    </message>
    <message>
        <source>Install it with: {command}</source>
        <translation>安装命令：{command}</translation>
    </message>
    <message>
        <source>The script is started anew under the tool; what is watched goes on untouched. It may write the same files as the watched run: give it another output folder, or end it early.</source>
        <translation>脚本会在工具下重新启动；正在观察的任务不受影响。它可能与被观察的任务写入相同的文件：请换一个输出目录，或提前结束它。</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>End it</source>
        <translation>结束时间</translation>
    </message>
    <message>
        <source>Python files (*.py)</source>
        <translation>Python 文件 (*.py)</translation>
    </message>
</context>
<context>
    <name>ScrubTrack</name>
    <message>
        <source>Position in the recording</source>
        <translation>录制中的位置</translation>
    </message>
</context>
<context>
    <name>ShrinkDialog</name>
    <message>
        <source>Shrink the job</source>
        <translation>缩减任务</translation>
    </message>
    <message>
        <source>Shrink</source>
        <translation>缩减</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>on all {n} ranks, at the same step</source>
        <translation>在全部 {n} 个 rank 上，于同一步执行</translation>
    </message>
    <message>
        <source>This target offers no method at present; the reasons stand at the left.</source>
        <translation>此目标目前没有可用的方法；原因见左侧。</translation>
    </message>
    <message>
        <source>Still to be filled in: {names}</source>
        <translation>还需填写：{names}</translation>
    </message>
    <message>
        <source>Tick the modules that may be changed.</source>
        <translation>请勾选可以更改的模块。</translation>
    </message>
    <message>
        <source>The modules cannot be listed: {why} Everything is in the scope.</source>
        <translation>无法列出模块：{why} 范围为全部模块。</translation>
    </message>
    <message>
        <source>Stop waiting</source>
        <translation>不再等待</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
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
    <name>ToldCard</name>
    <message>
        <source>{time} · {state}</source>
        <translation>{time} · {state}</translation>
    </message>
    <message>
        <source>Today&apos;s rules say the same.</source>
        <translation>现行规则的结论相同。</translation>
    </message>
    <message>
        <source>Today&apos;s rules do not say this.</source>
        <translation>现行规则不会得出此结论。</translation>
    </message>
    <message>
        <source>Today&apos;s rules say: {state}.</source>
        <translation>现行规则的结论：{state}。</translation>
    </message>
</context>
<context>
    <name>ToldPanel</name>
    <message>
        <source>Told at the time</source>
        <translation>当时的提示</translation>
    </message>
    <message>
        <source>Above: what today&apos;s rules say at this moment of the recording.</source>
        <translation>上方：现行规则对录制中这一时刻的结论。</translation>
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
        <translation>打开…</translation>
    </message>
    <message>
        <source>Open a recording (Ctrl+O)</source>
        <translation>打开录制文件 (Ctrl+O)</translation>
    </message>
    <message>
        <source>Write what is watched into a file, or end the recording (Ctrl+R); right click: always</source>
        <translation>把观察到的内容写入文件，或结束录制 (Ctrl+R)；右键单击：持续录制</translation>
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
        <translation>停止录制</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>录制</translation>
    </message>
    <message>
        <source>Record by this button only</source>
        <translation>仅用此按钮录制</translation>
    </message>
    <message>
        <source>Always record, at most {n} MB</source>
        <translation>持续录制，最多 {n} MB</translation>
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
    <name>Transport</name>
    <message>
        <source>Replay</source>
        <translation>回放</translation>
    </message>
    <message>
        <source>To the event before  [</source>
        <translation>到上一个事件  [</translation>
    </message>
    <message>
        <source>Play or pause  (space)</source>
        <translation>播放或暂停  (空格)</translation>
    </message>
    <message>
        <source>To the next event  ]</source>
        <translation>到下一个事件  ]</translation>
    </message>
    <message>
        <source>How fast</source>
        <translation>回放速度</translation>
    </message>
</context>
<context>
    <name>_ExpectedRow</name>
    <message>
        <source>Expected: {title}</source>
        <translation>属于预期：{title}</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Be told of this growth again</source>
        <translation>重新提示此增长</translation>
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
        <translation>现在的增长速度超过上次提示时的两倍。</translation>
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
        <translation>Autograd 计算图</translation>
    </message>
    <message>
        <source>Tensors in a container</source>
        <translation>容器中的张量</translation>
    </message>
    <message>
        <source>Python objects</source>
        <translation>Python 对象</translation>
    </message>
    <message>
        <source>Function cache</source>
        <translation>函数缓存</translation>
    </message>
    <message>
        <source>Hook that stores</source>
        <translation>保存数据的钩子</translation>
    </message>
    <message>
        <source>Kept exception</source>
        <translation>被保留的异常</translation>
    </message>
    <message>
        <source>Loader workers</source>
        <translation>加载器工作进程</translation>
    </message>
    <message>
        <source>Native memory</source>
        <translation>原生内存</translation>
    </message>
    <message>
        <source>+{size} a step</source>
        <translation>每步 +{size}</translation>
    </message>
    <message>
        <source>confidence {percent} %</source>
        <translation>可信度 {percent} %</translation>
    </message>
    <message>
        <source>made in</source>
        <translation>创建于</translation>
    </message>
    <message>
        <source>kept in</source>
        <translation>保存于</translation>
    </message>
    <message>
        <source>made and kept in</source>
        <translation>创建并保存于</translation>
    </message>
    <message>
        <source>Open {place} in the editor</source>
        <translation>在编辑器中打开 {place}</translation>
    </message>
    <message>
        <source>Show the chain</source>
        <translation>显示引用链</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Chain</source>
        <translation>引用链</translation>
    </message>
    <message>
        <source>The answer cannot be read: {error}</source>
        <translation>无法读取应答：{error}</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查看</translation>
    </message>
    <message>
        <source>Looking, waiting some steps, and looking again; this takes up to ten seconds.</source>
        <translation>先查看一次，等待若干步，再查看；最多需要十秒。</translation>
    </message>
    <message>
        <source>Finds what outlives its step, who holds it, and the line that made it.</source>
        <translation>找出跨步存活的对象、持有者，以及创建它的代码行。</translation>
    </message>
    <message>
        <source>Training pauses for about {ms} ms in all, over three looks.</source>
        <translation>分三次查看，训练共停顿约 {ms} 毫秒。</translation>
    </message>
    <message>
        <source>{steps} steps in {span}; training paused for {ms} ms.</source>
        <translation>{span} 内 {steps} 步；训练停顿了 {ms} 毫秒。</translation>
    </message>
    <message>
        <source>Nothing outlives its step: nothing grows by the step.</source>
        <translation>没有跨步存活的对象：没有随步数增长的内存。</translation>
    </message>
    <message>
        <source>Lines of birth were not recorded: {why}.</source>
        <translation>未记录创建行：{why}。</translation>
    </message>
    <message>
        <source>Not all was looked at: {why}.</source>
        <translation>未能查看全部：{why}。</translation>
    </message>
    <message>
        <source>What grows is made on this line.</source>
        <translation>增长的内存由此行创建。</translation>
    </message>
    <message>
        <source>What grows is kept by this line.</source>
        <translation>增长的内存由此行保存。</translation>
    </message>
    <message>
        <source>What grows is made and kept on this line.</source>
        <translation>增长的内存由此行创建并保存。</translation>
    </message>
    <message>
        <source>Samples which line makes each tensor, and counts those that outlive their step</source>
        <translation>采样每个张量由哪一行创建，并统计跨步存活的张量</translation>
    </message>
    <message>
        <source>When growth is suspected</source>
        <translation>疑似增长时自动开启</translation>
    </message>
    <message>
        <source>Arms the watch of the shown target once for each growth that tensors may explain, for 24 sampled steps and two minutes at most. What it finds confirms or lowers the finding.</source>
        <translation>对于每个可能由张量引起的增长，为所示目标开启一次监视，最多采样 24 步、持续两分钟。其结果会确认该发现，或降低其可信度。</translation>
    </message>
    <message>
        <source>End the watch</source>
        <translation>结束监视</translation>
    </message>
    <message>
        <source>Watch for survivors</source>
        <translation>监视跨步存活</translation>
    </message>
    <message>
        <source>For five minutes, at most 5 % of the step time; ends by itself.</source>
        <translation>持续五分钟，最多占用步耗时的 5 %；到时自动结束。</translation>
    </message>
    <message>
        <source>The survivor watch is on; it takes at most 5 % of the step time.</source>
        <translation>跨步存活监视已开启；最多占用步耗时的 5 %。</translation>
    </message>
    <message>
        <source>The survivor watch is on, since {metric} may leak; it takes at most 5 % of the step time and ends by itself.</source>
        <translation>{metric} 可能泄漏，因此已开启跨步存活监视；最多占用步耗时的 5 %，到时自动结束。</translation>
    </message>
    <message>
        <source>The watch saw nothing: {why}.</source>
        <translation>监视没有结果：{why}。</translation>
    </message>
    <message>
        <source>{count} sampled steps, {share} of the time</source>
        <translation>采样 {count} 步，占时间的 {share}</translation>
    </message>
    <message>
        <source>Nothing outlived its step.</source>
        <translation>没有跨步存活的张量。</translation>
    </message>
    <message>
        <source>You have switched off that a suspected growth arms it.</source>
        <translation>您已关闭“疑似增长时自动开启”。</translation>
    </message>
    <message>
        <source>+{size} a step: {what}, made in {place}</source>
        <translation>每步 +{size}：{what}，创建于 {place}</translation>
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
        <translation>曲线或组成</translation>
    </message>
    <message>
        <source>as lines</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>as composition</source>
        <translation>组成</translation>
    </message>
    <message>
        <source>Lines of single metrics, or what the memory is made of, stacked.</source>
        <translation>单个指标的曲线，或内存组成的堆叠图。</translation>
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
        <source>killed for lack of memory</source>
        <translation>因内存不足被杀</translation>
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
        <translation>参数</translation>
    </message>
    <message>
        <source>gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>optimizer state</source>
        <translation>优化器状态</translation>
    </message>
    <message>
        <source>buffers</source>
        <translation>缓冲区</translation>
    </message>
    <message>
        <source>activations, other</source>
        <translation>激活值及其他</translation>
    </message>
    <message>
        <source>other heap</source>
        <translation>其他堆</translation>
    </message>
    <message>
        <source>Python heap</source>
        <translation>Python 堆</translation>
    </message>
    <message>
        <source>heap kept</source>
        <translation>堆留存</translation>
    </message>
    <message>
        <source>pinned pool</source>
        <translation>锁页池</translation>
    </message>
    <message>
        <source>shared memory</source>
        <translation>共享内存</translation>
    </message>
    <message>
        <source>file pages</source>
        <translation>文件页</translation>
    </message>
    <message>
        <source>private pools</source>
        <translation>私有池</translation>
    </message>
    <message>
        <source>cached</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>not explained</source>
        <translation>未解释</translation>
    </message>
    <message>
        <source>Parameters of the models that the optimizers train.</source>
        <translation>优化器所训练模型的参数。</translation>
    </message>
    <message>
        <source>Gradients, as they are right after an optimizer step.</source>
        <translation>梯度，优化器步刚结束时的大小。</translation>
    </message>
    <message>
        <source>Tensors in the state of the optimizers.</source>
        <translation>优化器状态中的张量。</translation>
    </message>
    <message>
        <source>Buffers of the models.</source>
        <translation>模型的缓冲区。</translation>
    </message>
    <message>
        <source>Allocated memory beyond the known roles: activations, batches, other tensors.</source>
        <translation>已分配内存中已知角色以外的部分：激活值、批次、其他张量。</translation>
    </message>
    <message>
        <source>What the C heap has handed out beyond the known roles: activations, batches, native memory.</source>
        <translation>C 堆已分出的内存中已知角色以外的部分：激活值、批次、原生内存。</translation>
    </message>
    <message>
        <source>Python&apos;s small objects, estimated from their number.</source>
        <translation>Python 的小对象，按其数量估计。</translation>
    </message>
    <message>
        <source>Freed memory that the C heap keeps; trimming the heap returns most of it.</source>
        <translation>已释放但 C 堆留着的内存；收缩堆可归还其中大部分。</translation>
    </message>
    <message>
        <source>Page-locked memory that the caching host allocator keeps.</source>
        <translation>缓存主机分配器持有的锁页内存。</translation>
    </message>
    <message>
        <source>Pages of shared memory, such as batches of loader workers.</source>
        <translation>共享内存的页，例如加载器工作进程的批次。</translation>
    </message>
    <message>
        <source>Pages of libraries and of mapped files; the system can drop most of them.</source>
        <translation>库和映射文件的页；系统可以丢弃其中大部分。</translation>
    </message>
    <message>
        <source>Free memory in pools of CUDA graphs and of the script&apos;s own.</source>
        <translation>CUDA Graph 内存池和脚本自建内存池中的空闲内存。</translation>
    </message>
    <message>
        <source>Reserved by the caching allocator and not allocated.</source>
        <translation>缓存分配器已保留但未分配的内存。</translation>
    </message>
    <message>
        <source>What the driver counts beyond the allocator: context, kernels, communicators.</source>
        <translation>驱动统计的、分配器之外的内存：上下文、内核、通信器。</translation>
    </message>
    <message>
        <source>What the system reports beyond all bands.</source>
        <translation>系统报告的、所有组成部分之外的内存。</translation>
    </message>
    <message>
        <source>Anonymous memory of all worker processes, on top of what the process itself holds. Pages still shared after a fork count in each.</source>
        <translation>所有工作进程的匿名内存，叠加在本进程自身持有的内存之上。fork 后仍共享的页在每个进程中各计一次。</translation>
    </message>
    <message>
        <source>More series, for which there is no room here.</source>
        <translation>此处放不下的其他曲线。</translation>
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
        <translation>打开录制文件…</translation>
    </message>
    <message>
        <source>Stop recording</source>
        <translation>停止录制</translation>
    </message>
    <message>
        <source>Record…</source>
        <translation>录制…</translation>
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
        <translation>发现</translation>
    </message>
    <message>
        <source>Desktop notifications: switch off</source>
        <translation>桌面通知：关闭</translation>
    </message>
    <message>
        <source>Desktop notifications: switch on</source>
        <translation>桌面通知：开启</translation>
    </message>
    <message>
        <source>Alarm where memory is full within {n} days</source>
        <translation>内存将在 {n} 天内占满时报警</translation>
    </message>
    <message>
        <source>as now</source>
        <translation>当前设置</translation>
    </message>
    <message>
        <source>Shrink the job…</source>
        <translation>缩减任务…</translation>
    </message>
    <message>
        <source>Undo: {title}, step {step}</source>
        <translation>撤销：{title}，第 {step} 步</translation>
    </message>
    <message>
        <source>Always record, at most {n} MB</source>
        <translation>持续录制，最多 {n} MB</translation>
    </message>
    <message>
        <source>Record by the button only</source>
        <translation>仅用按钮录制</translation>
    </message>
    <message>
        <source>Open what was always recorded…</source>
        <translation>打开持续录制的文件…</translation>
    </message>
    <message>
        <source>no target is shown</source>
        <translation>未显示任何目标</translation>
    </message>
    <message>
        <source>Save a report of this run…</source>
        <translation>保存此任务的报告…</translation>
    </message>
    <message>
        <source>Save the charts as a picture…</source>
        <translation>把图表保存为图片…</translation>
    </message>
    <message>
        <source>Show all targets</source>
        <translation>显示所有目标</translation>
    </message>
    <message>
        <source>Survivor watch when growth is suspected: switch off</source>
        <translation>疑似增长时的跨步存活监视：关闭</translation>
    </message>
    <message>
        <source>Survivor watch when growth is suspected: switch on</source>
        <translation>疑似增长时的跨步存活监视：开启</translation>
    </message>
    <message>
        <source>a tool runs, or a report is read</source>
        <translation>工具正在运行，或正在读取报告</translation>
    </message>
    <message>
        <source>Native leaks</source>
        <translation>原生泄漏</translation>
    </message>
    <message>
        <source>Open a native report…</source>
        <translation>打开原生泄漏报告…</translation>
    </message>
    <message>
        <source>Find native leaks…</source>
        <translation>查找原生泄漏…</translation>
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
        <source>More or less room below the charts</source>
        <translation>增大或缩小图表下方的空间</translation>
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
    <name>compare</name>
    <message>
        <source>Filter…</source>
        <translation>筛选…</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Mark here</source>
        <translation>在此标记</translation>
    </message>
    <message>
        <source>Click two moments in the charts to see what changed between them. “Mark here” takes a look at everything that stays in the history: between two of them roles, tensors, modules, Python types and workers are compared too.</source>
        <translation>在图表中单击两个时刻，即可看到其间的变化。“在此标记”会查看全部内容并保留在历史中：两次标记之间还会比较角色、张量、模块、Python 类型和工作进程。</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>A step</source>
        <translation>每步</translation>
    </message>
    <message>
        <source>role</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>tensors</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>module</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>worker</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>metric</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Step {a} to {b}, {span}.</source>
        <translation>第 {a} 步至第 {b} 步，{span}。</translation>
    </message>
    <message>
        <source>There are no two looks to compare roles, tensors, modules and types by: mark twice.</source>
        <translation>没有两次查看可用来比较角色、张量、模块和类型：请标记两次。</translation>
    </message>
    <message>
        <source>Roles, tensors, modules and types by the looks “{first}” ({off_a}) and “{last}” ({off_b}).</source>
        <translation>角色、张量、模块和类型依据“{first}”（{off_a}）和“{last}”（{off_b}）两次查看。</translation>
    </message>
    <message>
        <source>at this step</source>
        <translation>就在此步</translation>
    </message>
    <message>
        <source>{n} steps later</source>
        <translation>晚 {n} 步</translation>
    </message>
    <message>
        <source>{n} steps earlier</source>
        <translation>早 {n} 步</translation>
    </message>
</context>
<context>
    <name>composition</name>
    <message>
        <source>Composition</source>
        <translation>组成</translation>
    </message>
    <message>
        <source>What memory is made of, to the byte, activations and other tensors included; and what the training would not need by its parameters, their types and its optimizer.</source>
        <translation>内存由什么组成，精确到字节，包括激活值和其他张量；以及按参数、参数类型和优化器来看，训练并不需要的部分。</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Band</source>
        <translation>组成部分</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>占比</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>含义</translation>
    </message>
    <message>
        <source>Surplus: a model</source>
        <translation>多余：模型</translation>
    </message>
    <message>
        <source>Surplus: a copy</source>
        <translation>多余：副本</translation>
    </message>
    <message>
        <source>Surplus: state</source>
        <translation>多余：状态</translation>
    </message>
    <message>
        <source>workers</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>Workers, beside the total</source>
        <translation>工作进程（总量之外）</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Optimizer state</source>
        <translation>优化器状态</translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation>缓冲区</translation>
    </message>
    <message>
        <source>Activations, saved</source>
        <translation>保存的激活值</translation>
    </message>
    <message>
        <source>Other tensors</source>
        <translation>其他张量</translation>
    </message>
    <message>
        <source>Python heap</source>
        <translation>Python 堆</translation>
    </message>
    <message>
        <source>Libraries&apos; own pages</source>
        <translation>库自身的页</translation>
    </message>
    <message>
        <source>Heap in use, no tensors</source>
        <translation>堆已用，非张量</translation>
    </message>
    <message>
        <source>Heap kept</source>
        <translation>堆留存</translation>
    </message>
    <message>
        <source>Pinned pool</source>
        <translation>锁页池</translation>
    </message>
    <message>
        <source>Shared memory</source>
        <translation>共享内存</translation>
    </message>
    <message>
        <source>File pages</source>
        <translation>文件页</translation>
    </message>
    <message>
        <source>Private pools</source>
        <translation>私有池</translation>
    </message>
    <message>
        <source>Reserved, not allocated</source>
        <translation>已保留未分配</translation>
    </message>
    <message>
        <source>Context and communicators</source>
        <translation>上下文与通信器</translation>
    </message>
    <message>
        <source>Not explained</source>
        <translation>未解释</translation>
    </message>
    <message>
        <source>Tensors not resident</source>
        <translation>非常驻张量</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>合计</translation>
    </message>
    <message>
        <source>What autograd has saved, and results that still have their graph.</source>
        <translation>Autograd 保存的张量，以及仍带有计算图的结果。</translation>
    </message>
    <message>
        <source>Tensors of no other role: batches, histories, caches.</source>
        <translation>没有其他角色的张量：批次、历史记录、缓存。</translation>
    </message>
    <message>
        <source>What the C heap has handed out beyond tensors: arrays, native code.</source>
        <translation>C 堆已分出的内存中张量以外的部分：数组、原生代码。</translation>
    </message>
    <message>
        <source>Pages that libraries have relocated or written of their own.</source>
        <translation>库重定位过或自行写入过的页。</translation>
    </message>
    <message>
        <source>Allocated, but not in memory: never written to, or swapped out.</source>
        <translation>已分配但不在内存中：从未写入，或已换出。</translation>
    </message>
    <message>
        <source>What the system reports for the process.</source>
        <translation>系统报告的此进程的内存。</translation>
    </message>
    <message>
        <source>{n} bytes</source>
        <translation>{n} 字节</translation>
    </message>
</context>
<context>
    <name>editor</name>
    <message>
        <source>{file} is not on this machine</source>
        <translation>{file} 不在本机上</translation>
    </message>
    <message>
        <source>the program may have been built or run elsewhere</source>
        <translation>程序可能是在别处构建或运行的</translation>
    </message>
    <message>
        <source>no editor could be started for {file}</source>
        <translation>无法为 {file} 启动编辑器</translation>
    </message>
    <message>
        <source>set $VISUAL to your editor, such as “code” or “gvim”</source>
        <translation>请将 $VISUAL 设为您的编辑器，例如“code”或“gvim”</translation>
    </message>
</context>
<context>
    <name>finding</name>
    <message>
        <source>growing</source>
        <translation>增长中</translation>
    </message>
    <message>
        <source>probable</source>
        <translation>很可能</translation>
    </message>
    <message>
        <source>confirmed</source>
        <translation>已确认</translation>
    </message>
    <message>
        <source>over</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>expected</source>
        <translation>属于预期</translation>
    </message>
    <message>
        <source>{score} sure</source>
        <translation>可信度 {score}</translation>
    </message>
    <message>
        <source>limit in more than 30 days</source>
        <translation>30 天以后才达到上限</translation>
    </message>
    <message>
        <source>limit in {eta}</source>
        <translation>{eta} 后达到上限</translation>
    </message>
    <message>
        <source> (from {eta})</source>
        <translation>（最早 {eta}）</translation>
    </message>
    <message>
        <source>{sizes} per step</source>
        <translation>每步 {sizes}</translation>
    </message>
    <message>
        <source>between {rates}</source>
        <translation>速率区间：{rates}</translation>
    </message>
    <message>
        <source>since step {step}, {time}, for {span}</source>
        <translation>自第 {step} 步（{time}）起，历时 {span}</translation>
    </message>
    <message>
        <source>since {time}, for {span}</source>
        <translation>自 {time} 起，历时 {span}</translation>
    </message>
    <message>
        <source>made in {place}</source>
        <translation>创建于 {place}</translation>
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
        <source>The loss guard took it back: {why}</source>
        <translation>损失保护已将其撤销：{why}</translation>
    </message>
    <message>
        <source>Undo: {title}</source>
        <translation>撤销：{title}</translation>
    </message>
    <message>
        <source>Loss guard: {title}</source>
        <translation>损失保护：{title}</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Taken back.</source>
        <translation>已撤销。</translation>
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
        <translation>立即查看</translation>
    </message>
    <message>
        <source>waiting for a step boundary</source>
        <translation>等待步边界</translation>
    </message>
    <message>
        <source>the answer cannot be read: {error}</source>
        <translation>无法读取应答：{error}</translation>
    </message>
    <message>
        <source>step {step} · pause {pause}</source>
        <translation>第 {step} 步 · 停顿 {pause}</translation>
    </message>
    <message>
        <source>How long the training stood still for it.</source>
        <translation>训练为此停顿的时间。</translation>
    </message>
    <message>
        <source>Visits the objects of the training at its next step boundary.</source>
        <translation>在下一个步边界遍历训练的对象。</translation>
    </message>
    <message>
        <source>The training stands still meanwhile, for two seconds at most.</source>
        <translation>其间训练停顿，最多两秒。</translation>
    </message>
    <message>
        <source>The training will stand still for about {pause}.</source>
        <translation>训练将停顿约 {pause}。</translation>
    </message>
    <message>
        <source>a look takes about {pause}</source>
        <translation>查看一次约需 {pause}</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查看…</translation>
    </message>
</context>
<context>
    <name>marks</name>
    <message>
        <source>watch on</source>
        <translation>监视开启</translation>
    </message>
    <message>
        <source>watch off</source>
        <translation>监视关闭</translation>
    </message>
    <message>
        <source>explained</source>
        <translation>已解释</translation>
    </message>
</context>
<context>
    <name>modules</name>
    <message>
        <source>no optimizer that was seen trains it</source>
        <translation>没有已知的优化器训练它</translation>
    </message>
    <message>
        <source>Module</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>合计</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation>缓冲区</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>激活值</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类</translation>
    </message>
    <message>
        <source>Map of the modules</source>
        <translation>模块图</translation>
    </message>
    <message>
        <source>with activations</source>
        <translation>包含激活值</translation>
    </message>
    <message>
        <source>Also looks at what the forward of one step saves for backward, by hooks that are there for this step only.</source>
        <translation>同时查看一步的前向为反向保存了什么；所用钩子只在这一步存在。</translation>
    </message>
    <message>
        <source>Shrink this module…</source>
        <translation>缩减此模块…</translation>
    </message>
    <message>
        <source>Modules</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>Parameters, gradients, optimizer state, buffers and, if you like, activations of each module, the models that are trained first.</source>
        <translation>各模块的参数、梯度、优化器状态、缓冲区，以及可选的激活值；被训练的模型排在最前。</translation>
    </message>
</context>
<context>
    <name>native</name>
    <message>
        <source>All memory that is not given back, with the Python lines that took it.</source>
        <translation>所有未归还的内存，以及申请它的 Python 代码行。</translation>
    </message>
    <message>
        <source>Lost blocks of C and C++ code, and wrong uses of memory. Very slow: 20 times and more.</source>
        <translation>C 和 C++ 代码丢失的块，以及对内存的错误使用。很慢：20 倍以上。</translation>
    </message>
    <message>
        <source>Lost blocks of C and C++ code at the program&apos;s end. Hardly slower.</source>
        <translation>C 和 C++ 代码在程序结束时丢失的块。几乎不变慢。</translation>
    </message>
    <message>
        <source>Lost blocks, double frees, and overruns in C library calls. Takes more memory; hardly slower.</source>
        <translation>丢失的块、重复释放，以及 C 库调用中的越界。占用更多内存；几乎不变慢。</translation>
    </message>
    <message>
        <source>All C allocations that are not given back, with C stacks.</source>
        <translation>所有未归还的 C 分配，附 C 调用栈。</translation>
    </message>
    <message>
        <source>Taken by</source>
        <translation>申请者</translation>
    </message>
    <message>
        <source>The innermost call that is neither the allocator nor the interpreter.</source>
        <translation>最内层的、既非分配器也非解释器的调用。</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>占比</translation>
    </message>
    <message>
        <source>Of all bytes in the report.</source>
        <translation>占报告中全部字节的比例。</translation>
    </message>
    <message>
        <source>Blocks</source>
        <translation>块数</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>definite: nothing points to it; indirect: only lost memory does; possible: something points into it; unfreed: not given back while the tool watched; reachable: still in use; high-water: in use at the highest point.</source>
        <translation>definite：没有指针指向它；indirect：只有丢失的内存指向它；possible：有指针指向其内部；unfreed：工具观察期间未归还；reachable：仍在使用；high-water：最高点时在用。</translation>
    </message>
    <message>
        <source>Called from</source>
        <translation>调用自</translation>
    </message>
    <message>
        <source>allocator</source>
        <translation>分配器</translation>
    </message>
    <message>
        <source>dispatcher</source>
        <translation>分派器</translation>
    </message>
    <message>
        <source>interpreter</source>
        <translation>解释器</translation>
    </message>
    <message>
        <source>start of the program</source>
        <translation>程序启动</translation>
    </message>
    <message>
        <source>without names</source>
        <translation>无名称</translation>
    </message>
    <message>
        <source>… 1 frame: {reason}</source>
        <translation>… 1 帧：{reason}</translation>
    </message>
    <message>
        <source>… {count} frames: {reason}</source>
        <translation>… {count} 帧：{reason}</translation>
    </message>
    <message>
        <source>one stack</source>
        <translation>一个调用栈</translation>
    </message>
    <message>
        <source>from {call}</source>
        <translation>来自 {call}</translation>
    </message>
    <message>
        <source> and {count} more</source>
        <translation> 及另外 {count} 个</translation>
    </message>
</context>
<context>
    <name>overview</name>
    <message>
        <source>flat</source>
        <translation>平稳</translation>
    </message>
</context>
<context>
    <name>pools</name>
    <message>
        <source>Occupancy over the last five minutes</source>
        <translation>最近五分钟的占用</translation>
    </message>
    <message>
        <source>Trim</source>
        <translation>收缩</translation>
    </message>
    <message>
        <source>Trim {pool}</source>
        <translation>收缩 {pool}</translation>
    </message>
    <message>
        <source>≈ {size} in flight</source>
        <translation>≈ {size} 在途</translation>
    </message>
    <message>
        <source>{used}, held {held}</source>
        <translation>{used}，持有 {held}</translation>
    </message>
    <message>
        <source>{size} of {limit}</source>
        <translation>{size} / {limit}</translation>
    </message>
    <message>
        <source>pieces of {n}</source>
        <translation>每份 {n}</translation>
    </message>
    <message>
        <source>{n} workers</source>
        <translation>{n} 个工作进程</translation>
    </message>
    <message>
        <source>{n} batches</source>
        <translation>{n} 个批次</translation>
    </message>
    <message>
        <source>{share} % hits</source>
        <translation>命中率 {share} %</translation>
    </message>
    <message>
        <source>{n} stalls, {time}</source>
        <translation>等待 {n} 次，{time}</translation>
    </message>
    <message>
        <source>{n} missed</source>
        <translation>未命中 {n} 次</translation>
    </message>
    <message>
        <source>Asking the training…</source>
        <translation>正在询问训练…</translation>
    </message>
    <message>
        <source>Pools &amp;&amp; buffers</source>
        <translation>内存池与缓冲区</translation>
    </message>
    <message>
        <source>The answer cannot be read: {fault}</source>
        <translation>无法读取应答：{fault}</translation>
    </message>
    <message>
        <source>Looking for data loaders at the next step…</source>
        <translation>正在下一步查找数据加载器…</translation>
    </message>
    <message>
        <source>No pool, cache, buffer or data loader was found. memgui.runtime has pools, caches, shared data, a prefetcher and micro-batches that a training script can use; they appear here by themselves.</source>
        <translation>未找到内存池、缓存、缓冲区或数据加载器。memgui.runtime 提供可供训练脚本使用的内存池、缓存、共享数据、预取器和微批次；使用后会自动出现在这里。</translation>
    </message>
    <message>
        <source>at the next step; its effect is told some steps later…</source>
        <translation>将在下一步执行；效果在若干步后告知…</translation>
    </message>
    <message>
        <source>gave back {size}</source>
        <translation>归还了 {size}</translation>
    </message>
    <message>
        <source>step {before} → {after}</source>
        <translation>步耗时 {before} → {after}</translation>
    </message>
    <message>
        <source>resident {change}</source>
        <translation>常驻 {change}</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>无上限</translation>
    </message>
    <message>
        <source>from {low} to {high}</source>
        <translation>从 {low} 到 {high}</translation>
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
        <source>waiting for a step of all {n} ranks…</source>
        <translation>等待全部 {n} 个 rank 的步…</translation>
    </message>
    <message>
        <source>no longer waited for; it may still run at the next step</source>
        <translation>不再等待；它仍可能在下一步运行</translation>
    </message>
</context>
<context>
    <name>shrink</name>
    <message>
        <source>parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>optimizer state</source>
        <translation>优化器状态</translation>
    </message>
    <message>
        <source>activations</source>
        <translation>激活值</translation>
    </message>
    <message>
        <source>before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>after</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>needs: {names}</source>
        <translation>需要：{names}</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Guard and backup</source>
        <translation>保护与备份</translation>
    </message>
    <message>
        <source>Share of the layer&apos;s importance, or of its norm, that is lost; a dash where nothing is.</source>
        <translation>该层损失的重要性或范数的占比；没有损失时为短横。</translation>
    </message>
    <message>
        <source>Module</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>之前与之后</translation>
    </message>
    <message>
        <source>Freed</source>
        <translation>释放</translation>
    </message>
    <message>
        <source>Damage</source>
        <translation>损伤</translation>
    </message>
    <message>
        <source>Modules that are left out</source>
        <translation>不更改的模块</translation>
    </message>
    <message>
        <source>What is changed, and what is left out</source>
        <translation>更改哪些，不更改哪些</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>重新询问</translation>
    </message>
    <message>
        <source>Layers that are changed</source>
        <translation>要更改的层</translation>
    </message>
    <message>
        <source>asking at the next step boundary…</source>
        <translation>将在下一个步边界询问…</translation>
    </message>
    <message>
        <source>Layers: {n}</source>
        <translation>层：{n}</translation>
    </message>
    <message>
        <source>Left out: {n}</source>
        <translation>不更改：{n}</translation>
    </message>
    <message>
        <source>Why it is left out</source>
        <translation>不更改的原因</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Brings everything back, bit for bit, at the next step boundary.</source>
        <translation>在下一个步边界逐位还原全部内容。</translation>
    </message>
    <message>
        <source>Loss of the steps after the run; dashed: before it.</source>
        <translation>运行后各步的损失；虚线：运行前的损失。</translation>
    </message>
    <message>
        <source>asking every rank…</source>
        <translation>正在询问每个 rank…</translation>
    </message>
    <message>
        <source>the same method runs already; wait for its receipt</source>
        <translation>同一方法已在运行；请等待其回执</translation>
    </message>
    <message>
        <source>taking it back on every rank…</source>
        <translation>正在每个 rank 上撤销…</translation>
    </message>
    <message>
        <source>taking it back at the next step boundary…</source>
        <translation>将在下一个步边界撤销…</translation>
    </message>
    <message>
        <source>Done on {n} ranks after step {step}.</source>
        <translation>已在第 {step} 步之后于 {n} 个 rank 上完成。</translation>
    </message>
    <message>
        <source>Taken back on every rank.</source>
        <translation>已在每个 rank 上撤销。</translation>
    </message>
    <message>
        <source>Filter modules</source>
        <translation>筛选模块</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Tick every module</source>
        <translation>勾选所有模块</translation>
    </message>
    <message>
        <source>None</source>
        <translation>全不选</translation>
    </message>
    <message>
        <source>Untick every module</source>
        <translation>取消勾选所有模块</translation>
    </message>
    <message>
        <source>Asking the target for its modules, at its next step boundary…</source>
        <translation>将在下一个步边界向目标询问其模块…</translation>
    </message>
    <message>
        <source>Modules to shrink</source>
        <translation>要缩减的模块</translation>
    </message>
    <message>
        <source>Modules</source>
        <translation>模块</translation>
    </message>
    <message>
        <source>No module with memory of its own was found; everything is in the scope.</source>
        <translation>没有找到自身占用内存的模块；范围为全部模块。</translation>
    </message>
    <message>
        <source>{size} in the scope</source>
        <translation>范围内 {size}</translation>
    </message>
    <message>
        <source>nothing is ticked</source>
        <translation>未勾选任何模块</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>占比</translation>
    </message>
    <message>
        <source>What it frees is known after the run</source>
        <translation>能释放多少，运行后才知道</translation>
    </message>
    <message>
        <source>Would free nothing</source>
        <translation>预计不释放内存</translation>
    </message>
    <message>
        <source>Would free {size}</source>
        <translation>预计释放 {size}</translation>
    </message>
    <message>
        <source>Would free {size} of {whole} ({share})</source>
        <translation>预计释放 {whole} 中的 {size}（{share}）</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>停顿</translation>
    </message>
    <message>
        <source>not known beforehand</source>
        <translation>事先无法得知</translation>
    </message>
    <message>
        <source>about {time}, between two steps</source>
        <translation>约 {time}，在两步之间</translation>
    </message>
    <message>
        <source>Backup</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>none is needed: nothing is lost</source>
        <translation>无需备份：没有内容丢失</translation>
    </message>
    <message>
        <source>{size} to {place}</source>
        <translation>{size}，写入 {place}</translation>
    </message>
    <message>
        <source>{size} free there</source>
        <translation>该处可用 {size}</translation>
    </message>
    <message>
        <source>{size} of ended processes</source>
        <translation>已结束进程占 {size}</translation>
    </message>
    <message>
        <source>{size} more for a moment</source>
        <translation>瞬时另需 {size}</translation>
    </message>
    <message>
        <source>{size} free</source>
        <translation>{size} 可用</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>{before} → {after} on the last batch, on a copy</source>
        <translation>{before} → {after}，用最近一个批次在副本上算得</translation>
    </message>
    <message>
        <source>not computed: {reason}</source>
        <translation>未计算：{reason}</translation>
    </message>
    <message>
        <source>Step time</source>
        <translation>步耗时</translation>
    </message>
    <message>
        <source>Resident</source>
        <translation>常驻内存</translation>
    </message>
    <message>
        <source>before and right after the run</source>
        <translation>运行前与运行刚结束时</translation>
    </message>
    <message>
        <source>before, right after, and {n} steps later</source>
        <translation>运行前、运行刚结束时，以及 {n} 步之后</translation>
    </message>
    <message>
        <source>{loss} before; the next steps are awaited</source>
        <translation>运行前 {loss}；正在等待后续的步</translation>
    </message>
    <message>
        <source>{before} → {first}, {n} steps later {last}</source>
        <translation>{before} → {first}，{n} 步之后 {last}</translation>
    </message>
</context>
<context>
    <name>side_by_side</name>
    <message>
        <source>Metric</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>By step</source>
        <translation>按步</translation>
    </message>
    <message>
        <source>Align by steps, or by the time since each run was first seen</source>
        <translation>按步对齐，或按首次见到各任务以来的时间对齐</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>并排对比</translation>
    </message>
    <message>
        <source>aligned by steps</source>
        <translation>按步对齐</translation>
    </message>
    <message>
        <source>aligned by seconds since each was first seen</source>
        <translation>按首次见到以来的秒数对齐</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>第 {step} 步</translation>
    </message>
    <message>
        <source>{span} since the first sample</source>
        <translation>自第一个采样起 {span}</translation>
    </message>
</context>
<context>
    <name>source</name>
    <message>
        <source>Findings in this file</source>
        <translation>此文件中的发现</translation>
    </message>
    <message>
        <source>Back to the script</source>
        <translation>回到脚本</translation>
    </message>
    <message>
        <source>Open in editor</source>
        <translation>在编辑器中打开</translation>
    </message>
    <message>
        <source>Opens $VISUAL, else $EDITOR, at the marked line; a double click does too</source>
        <translation>用 $VISUAL（否则用 $EDITOR）打开所标行；双击亦可</translation>
    </message>
    <message>
        <source>Reading the script …</source>
        <translation>正在读取脚本…</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>源代码</translation>
    </message>
    <message>
        <source>Changed at {time}, after the run had started: lines may have moved.</source>
        <translation>任务启动后于 {time} 修改过：行号可能已变。</translation>
    </message>
    <message>
        <source>Line {line}: {reason}; the file was not checked.</source>
        <translation>第 {line} 行：{reason}；未检查此文件。</translation>
    </message>
    <message>
        <source>{count} findings in {lines} lines</source>
        <translation>{lines} 行中有 {count} 个发现</translation>
    </message>
    <message>
        <source>No pattern that keeps memory was found.</source>
        <translation>没有发现会留住内存的写法。</translation>
    </message>
    <message>
        <source>{path} is on {detail}; files of other hosts are not read from here.</source>
        <translation>{path} 位于 {detail}；这里不读取其他主机的文件。</translation>
    </message>
    <message>
        <source>{path} is not there: deleted or moved since the run started.</source>
        <translation>{path} 不存在：任务启动后被删除或移动。</translation>
    </message>
    <message>
        <source>{path} cannot be read: {detail}. Run memgui as the user of the training.</source>
        <translation>无法读取 {path}：{detail}。请以训练所用的用户运行 memgui。</translation>
    </message>
    <message>
        <source>{path} is longer than 4 MB and is not shown.</source>
        <translation>{path} 超过 4 MB，不予显示。</translation>
    </message>
    <message>
        <source>{path} is not a text in UTF-8.</source>
        <translation>{path} 不是 UTF-8 文本。</translation>
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
        <translation>日志</translation>
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
        <translation>工作进程</translation>
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
        <translation>指标</translation>
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
        <translation>事件</translation>
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
        <source>watch</source>
        <translation>监视</translation>
    </message>
    <message>
        <source>survivors</source>
        <translation>跨步存活</translation>
    </message>
    <message>
        <source>look</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>A number of the training script&apos;s own.</source>
        <translation>训练脚本自己的数值。</translation>
    </message>
    <message>
        <source>Native</source>
        <translation>原生</translation>
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
        <source>It freed {freed} of the {grown} that had grown: the rest is truly held.</source>
        <translation>增长的 {grown} 中释放了 {freed}：其余确实被持有。</translation>
    </message>
    <message>
        <source>recorded</source>
        <translation>录制</translation>
    </message>
    <message>
        <source>followed</source>
        <translation>跟随中</translation>
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
        <translation>录制于 {file}</translation>
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
        <translation>参数</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Optimizer state</source>
        <translation>优化器状态</translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation>缓冲区</translation>
    </message>
    <message>
        <source>Activations, saved</source>
        <translation>保存的激活值</translation>
    </message>
    <message>
        <source>Other tensors</source>
        <translation>其他张量</translation>
    </message>
    <message>
        <source>{n} bytes</source>
        <translation>{n} 字节</translation>
    </message>
    <message>
        <source>Look a second time to see what changes.</source>
        <translation>再查看一次即可看到变化。</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Count</source>
        <translation>数量</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Δ per step</source>
        <translation>每步 Δ</translation>
    </message>
    <message>
        <source>Made in</source>
        <translation>创建于</translation>
    </message>
    <message>
        <source>Held by</source>
        <translation>持有者</translation>
    </message>
    <message>
        <source>Filter…</source>
        <translation>筛选…</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>Every tensor of the process, those that only autograd holds included, by shape, type, place and role. A second look tells what changes per step.</source>
        <translation>进程的所有张量，包括只由 autograd 持有的，按形状、类型、设备和角色列出。再查看一次可看到每步的变化。</translation>
    </message>
    <message>
        <source>{size} in {n} groups</source>
        <translation>{size}，{n} 组</translation>
    </message>
    <message>
        <source>{count} × {each} bytes = {all} bytes</source>
        <translation>{count} × {each} 字节 = {all} 字节</translation>
    </message>
    <message>
        <source>held by {holder}</source>
        <translation>被 {holder} 持有</translation>
    </message>
    <message>
        <source>born at {place}</source>
        <translation>创建于 {place}</translation>
    </message>
    <message>
        <source>Who holds them?</source>
        <translation>由谁持有？</translation>
    </message>
    <message>
        <source>Follows eight tensors of this shape and type to what keeps them alive. The training stands still meanwhile, for two seconds at most.</source>
        <translation>选取八个此形状和类型的张量，追查是什么使其存活。其间训练停顿，最多两秒。</translation>
    </message>
    <message>
        <source>waiting for a step boundary</source>
        <translation>等待步边界</translation>
    </message>
    <message>
        <source>the answer cannot be read: {error}</source>
        <translation>无法读取应答：{error}</translation>
    </message>
    <message>
        <source>{n} match; training paused for {ms} ms.</source>
        <translation>{n} 个相符；训练停顿了 {ms} 毫秒。</translation>
    </message>
    <message>
        <source>Nothing in Python holds them.</source>
        <translation>Python 中没有对象持有它们。</translation>
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
        <translation>GPU 内存耗尽还有</translation>
    </message>
    <message>
        <source>GPU full in</source>
        <translation>GPU 满还有</translation>
    </message>
    <message>
        <source>&lt;b&gt;Time to the limit&lt;/b&gt;&lt;br&gt;How long until device memory reaches the device&apos;s capacity.</source>
        <translation>&lt;b&gt;距上限的时间&lt;/b&gt;&lt;br&gt;设备内存到达设备容量还有多久。</translation>
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
<context>
    <name>undos</name>
    <message>
        <source>Can be taken back</source>
        <translation>可以撤销</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>第 {step} 步</translation>
    </message>
    <message>
        <source>Backup: {size} in {place}</source>
        <translation>备份：{size}，位于 {place}</translation>
    </message>
    <message>
        <source>Nothing was lost, so there is no backup.</source>
        <translation>没有内容丢失，因此没有备份。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Undo {title}</source>
        <translation>撤销 {title}</translation>
    </message>
</context>
</TS>
