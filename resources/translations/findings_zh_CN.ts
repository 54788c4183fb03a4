<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
    <context>
        <name>findings</name>
        <message>
            <source>Collecting garbage</source>
            <translation>垃圾回收</translation>
        </message>
        <message>
            <source>Trimming the heap</source>
            <translation>收缩堆</translation>
        </message>
        <message>
            <source>Emptying the device's cache</source>
            <translation>清空设备缓存</translation>
        </message>
        <message>
            <source>Emptying the pinned cache</source>
            <translation>清空锁页内存缓存</translation>
        </message>
        <message>
            <source>{count} more tensors, {size}, outlive each step, by a count.</source>
            <translation>据计数，每步多出 {count} 个跨步存活的张量（{size}）。</translation>
        </message>
        <message>
            <source>{size} more outlive each step in what the script has declared as expected.</source>
            <translation>脚本声明为预期的部分中，每步另有 {size} 存活下来。</translation>
        </message>
        <message>
            <source>By a count no tensor outlives its step.</source>
            <translation>据计数，没有跨步存活的张量。</translation>
        </message>
        <message>
            <source>{rung} gave back {size}: that is where it was.</source>
            <translation>{rung}归还了 {size}：内存就在那里。</translation>
        </message>
        <message>
            <source>The diagnosis at step {step} freed {size} of it: the rest is truly held.</source>
            <translation>第 {step} 步的诊断释放了其中 {size}：其余确实被持有。</translation>
        </message>
        <message>
            <source>Tensors are never released</source>
            <translation>张量从未释放</translation>
        </message>
        <message>
            <source>Look for outputs or losses that are kept; keep loss.item() or a detached copy. `memgui explain` names who holds them.</source>
            <translation>检查是否保留了输出或损失；只保留 loss.item() 或 detach 后的副本。`memgui explain` 会指出持有者。</translation>
        </message>
        <message>
            <source>Autograd graphs are never released</source>
            <translation>Autograd 计算图从未释放</translation>
        </message>
        <message>
            <source>Something keeps a loss or an output with its graph, such as a running total; use item() or detach().</source>
            <translation>某处保留了带计算图的损失或输出，例如累加值；请使用 item() 或 detach()。</translation>
        </message>
        <message>
            <source>Host memory is never released</source>
            <translation>主机内存从未释放</translation>
        </message>
        <message>
            <source>Native memory, or tensors with their graph: on the CPU counters cannot tell. The diagnosis and `memgui explain` can; `memgui native` finds a leak in C++.</source>
            <translation>可能是原生内存，也可能是张量及其计算图：在 CPU 上计数器无法区分。诊断和 `memgui explain` 可以区分；`memgui native` 可查找 C++ 中的泄漏。</translation>
        </message>
        <message>
            <source>Python objects pile up</source>
            <translation>Python 对象不断堆积</translation>
        </message>
        <message>
            <source>Look for lists, dicts and caches that only grow; give them a bound.</source>
            <translation>检查只增不减的列表、字典和缓存；给它们设上限。</translation>
        </message>
        <message>
            <source>Shared memory is never released</source>
            <translation>共享内存从未释放</translation>
        </message>
        <message>
            <source>Look for batches of loader workers that are kept; clone() what is kept.</source>
            <translation>检查是否保留了加载器工作进程的批次；对要保留的内容使用 clone()。</translation>
        </message>
        <message>
            <source>Loader workers keep growing</source>
            <translation>加载器工作进程持续增长</translation>
        </message>
        <message>
            <source>Look for Python objects that a Dataset collects; keep its data in arrays or tensors.</source>
            <translation>检查 Dataset 中积累的 Python 对象；把数据放在数组或张量中。</translation>
        </message>
        <message>
            <source>The device's allocator reserves ever more</source>
            <translation>设备分配器的保留量不断增加</translation>
        </message>
        <message>
            <source>Live tensors do not grow, but their cache does: batches of many sizes split it. Try PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True, or pad batches to few sizes.</source>
            <translation>存活张量没有增长，但其缓存在增长：大小多变的批次使其碎片化。可尝试 PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True，或把批次填充到少数几种大小。</translation>
        </message>
        <message>
            <source>Pinned memory is never released</source>
            <translation>锁页内存从未释放</translation>
        </message>
        <message>
            <source>Look for pinned batches that are kept; the pool rounds sizes up to powers of two.</source>
            <translation>检查是否保留了锁页批次；内存池会把大小向上取整为 2 的幂。</translation>
        </message>
        <message>
            <source>The C heap keeps freed memory</source>
            <translation>C 堆留着已释放的内存</translation>
        </message>
        <message>
            <source>It is free memory that the allocator holds back; trimming the heap returns it.</source>
            <translation>这是分配器留着的空闲内存；收缩堆即可归还。</translation>
        </message>
        <message>
            <source>Threads pile up</source>
            <translation>线程不断堆积</translation>
        </message>
        <message>
            <source>Each thread has a stack and an arena. Look for executors and loaders that are made again and again and never shut down.</source>
            <translation>每个线程都有栈和 arena。检查反复创建却从不关闭的执行器和加载器。</translation>
        </message>
        <message>
            <source>Garbage waits for the collector</source>
            <translation>垃圾在等待回收</translation>
        </message>
        <message>
            <source>Reference cycles hold it until the collector runs: break them, or collect from time to time.</source>
            <translation>引用循环使其保留到回收器运行为止：请打破循环，或定期回收。</translation>
        </message>
        <message>
            <source>Heap in use</source>
            <translation>堆已用</translation>
        </message>
        <message>
            <source>Heap kept</source>
            <translation>堆留存</translation>
        </message>
        <message>
            <source>Shared memory</source>
            <translation>共享内存</translation>
        </message>
        <message>
            <source>Pinned memory</source>
            <translation>锁页内存</translation>
        </message>
        <message>
            <source>Memory of live tensors</source>
            <translation>存活张量的内存</translation>
        </message>
        <message>
            <source>Python blocks</source>
            <translation>Python 内存块</translation>
        </message>
        <message>
            <source>live tensors</source>
            <translation>存活张量</translation>
        </message>
        <message>
            <source>threads</source>
            <translation>线程</translation>
        </message>
        <message>
            <source>machine</source>
            <translation>机器</translation>
        </message>
        <message>
            <source>control group</source>
            <translation>控制组</translation>
        </message>
        <message>
            <source>device</source>
            <translation>设备</translation>
        </message>
        <message>
            <source>Slow growth: {what}</source>
            <translation>缓慢增长：{what}</translation>
        </message>
        <message>
            <source>+{rate}/s</source>
            <translation>+{rate}/s</translation>
        </message>
        <message>
            <source>+{step_rate} per step, {rate}/s</source>
            <translation>每步 +{step_rate}，{rate}/s</translation>
        </message>
        <message>
            <source>{rate} from step {step} on for {time}; it has stopped</source>
            <translation>{rate}，自第 {step} 步起持续 {time}；现已停止</translation>
        </message>
        <message>
            <source>{rate} since step {step}</source>
            <translation>{rate}，自第 {step} 步起</translation>
        </message>
        <message>
            <source>{grows}; the {limit}'s memory lasts another {time}</source>
            <translation>{grows}；{limit}的内存还可用 {time}</translation>
        </message>
        <message>
            <source>per {event}</source>
            <translation>每次 {event}</translation>
        </message>
        <message>
            <source>every {time}</source>
            <translation>每隔 {time}</translation>
        </message>
        <message>
            <source>+{size} {after}, {rose} of {times} times; {grows}</source>
            <translation>{after} +{size}，{times} 次中有 {rose} 次；{grows}</translation>
        </message>
        <message>
            <source>{said}.</source>
            <translation>{said}。</translation>
        </message>
        <message>
            <source>The lower envelope rose by {size} in {time}, in {rising} of {parts} parts of that time, and has not come back.</source>
            <translation>下包络在 {time} 内上升了 {size}，该时段 {parts} 个部分中有 {rising} 个上升，且未回落。</translation>
        </message>
        <message>
            <source>What had grown was given back: the lower envelope is {size} below where it began.</source>
            <translation>增长的部分已归还：下包络比起点低 {size}。</translation>
        </message>
        <message>
            <source>Between {low}/s and {high}/s, by parts of that time and the noise.</source>
            <translation>按该时段的各部分和噪声估计，介于 {low}/s 与 {high}/s 之间。</translation>
        </message>
        <message>
            <source>{name} rose by {share} of it.</source>
            <translation>{name}的上升占其 {share}。</translation>
        </message>
        <message>
            <source>{count} more {name} a second.</source>
            <translation>每秒多 {count} 个{name}。</translation>
        </message>
        <message>
            <source>{count} more objects a second wait for the collector, which has not run in that time: it may be garbage.</source>
            <translation>每秒多 {count} 个对象等待回收器，而回收器在此期间没有运行：可能是垃圾。</translation>
        </message>
        <message>
            <source>{n} days</source>
            <translation>{n} 天</translation>
        </message>
    </context>
</TS>
