<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
    <context>
        <name>metrics</name>
        <message>
            <source>Resident</source>
            <translation>常驻内存</translation>
        </message>
        <message>
            <source>Memory of the process that is in RAM: anonymous, file and shared pages. Leaves out swap and the loader workers.</source>
            <translation>进程位于内存中的部分：匿名页、文件页和共享页。不含交换区和加载器工作进程。</translation>
        </message>
        <message>
            <source>Anonymous</source>
            <translation>匿名内存</translation>
        </message>
        <message>
            <source>Resident private pages that no file backs: heaps, stacks, CPU tensors. Leaves out shared memory, file pages and swap. Source: RssAnon.</source>
            <translation>没有文件支撑的常驻私有页：堆、栈、CPU 张量。不含共享内存、文件页和交换区。来源：RssAnon。</translation>
        </message>
        <message>
            <source>File pages</source>
            <translation>文件页</translation>
        </message>
        <message>
            <source>Resident pages mapped from files: libraries, mmapped data. The system can drop most of them. Source: RssFile.</source>
            <translation>从文件映射的常驻页：库、mmap 的数据。系统可以丢弃其中大部分。来源：RssFile。</translation>
        </message>
        <message>
            <source>Shared memory</source>
            <translation>共享内存</translation>
        </message>
        <message>
            <source>Resident pages of shared memory: tensors handed over by loader workers, /dev/shm. Counted in full in every process that maps them. Source: RssShmem.</source>
            <translation>共享内存的常驻页：加载器工作进程交来的张量、/dev/shm。每个映射它的进程都全额计入。来源：RssShmem。</translation>
        </message>
        <message>
            <source>Swapped out</source>
            <translation>已换出</translation>
        </message>
        <message>
            <source>Anonymous memory of the process that lies in swap. Leaves out shared memory. Source: VmSwap.</source>
            <translation>进程位于交换区的匿名内存。不含共享内存。来源：VmSwap。</translation>
        </message>
        <message>
            <source>Proportional</source>
            <translation>按比例内存 (PSS)</translation>
        </message>
        <message>
            <source>Resident memory with each shared page divided by the number of processes that map it. Read rarely, since the reading is dear. Source: smaps_rollup.</source>
            <translation>常驻内存，其中每个共享页按映射它的进程数分摊。读取代价高，因此很少读取。来源：smaps_rollup。</translation>
        </message>
        <message>
            <source>Unique</source>
            <translation>独占内存 (USS)</translation>
        </message>
        <message>
            <source>Resident pages that no other process maps. Jumps when another process that maps the same libraries starts or ends, so no trend is built on it. Source: smaps_rollup.</source>
            <translation>没有其他进程映射的常驻页。映射相同库的其他进程启动或结束时会跳变，因此不据此判断趋势。来源：smaps_rollup。</translation>
        </message>
        <message>
            <source>Heap in use</source>
            <translation>堆已用</translation>
        </message>
        <message>
            <source>What the C heap has handed out and not got back, large mmapped blocks included. Leaves out Python's small objects and other allocators. Source: mallinfo2, uordblks + hblkhd.</source>
            <translation>C 堆已分出而未收回的内存，包括 mmap 的大块。不含 Python 小对象和其他分配器。来源：mallinfo2，uordblks + hblkhd。</translation>
        </message>
        <message>
            <source>Heap kept</source>
            <translation>堆留存</translation>
        </message>
        <message>
            <source>Freed memory that the C heap keeps instead of giving it back to the system; trim_heap returns most of it. Source: mallinfo2, fordblks.</source>
            <translation>已释放但 C 堆留着没有还给系统的内存；trim_heap 可归还其中大部分。来源：mallinfo2，fordblks。</translation>
        </message>
        <message>
            <source>Held</source>
            <translation>持有</translation>
        </message>
        <message>
            <source>Anonymous, shared and swapped out memory less what the C heap keeps. While steps run, it and the heap are read in one moment at the end of a step, so that what a step takes and gives back is not in it.</source>
            <translation>匿名、共享和换出的内存，减去 C 堆留存的部分。步运行期间，它与堆在一步结束的同一时刻读取，因此一步中取用又归还的内存不在其中。</translation>
        </message>
        <message>
            <source>Threads</source>
            <translation>线程</translation>
        </message>
        <message>
            <source>Threads of the process, native ones included.</source>
            <translation>进程的线程数，包括原生线程。</translation>
        </message>
        <message>
            <source>Workers</source>
            <translation>工作进程</translation>
        </message>
        <message>
            <source>Sum of the resident memory of all descendants, such as loader workers. Pages they share with each other or with the parent count in each.</source>
            <translation>所有后代进程（如加载器工作进程）常驻内存之和。彼此之间或与父进程共享的页在每个进程中都计入。</translation>
        </message>
        <message>
            <source>Workers, anonymous</source>
            <translation>工作进程匿名内存</translation>
        </message>
        <message>
            <source>Sum of the anonymous resident memory of all descendants. Pages still shared copy-on-write after a fork count in each.</source>
            <translation>所有后代进程匿名常驻内存之和。fork 后仍写时复制共享的页在每个进程中都计入。</translation>
        </message>
        <message>
            <source>Worker processes</source>
            <translation>工作进程数</translation>
        </message>
        <message>
            <source>Number of live descendants.</source>
            <translation>存活的后代进程数。</translation>
        </message>
        <message>
            <source>Cgroup used</source>
            <translation>Cgroup 已用</translation>
        </message>
        <message>
            <source>Memory charged to the control group of the process: all its processes, page cache and kernel memory included.</source>
            <translation>计入该进程控制组的内存：其全部进程、页缓存和内核内存。</translation>
        </message>
        <message>
            <source>Cgroup working set</source>
            <translation>Cgroup 工作集</translation>
        </message>
        <message>
            <source>Charged memory without the page cache that the system can drop at once; what Kubernetes compares with the limit.</source>
            <translation>计入的内存减去系统可立即丢弃的页缓存；Kubernetes 用它与上限比较。</translation>
        </message>
        <message>
            <source>Cgroup limit</source>
            <translation>Cgroup 上限</translation>
        </message>
        <message>
            <source>The lowest memory limit on the way up from the control group of the process. Absent where none is set.</source>
            <translation>从该进程的控制组向上最低的内存上限。未设置时没有此值。</translation>
        </message>
        <message>
            <source>Cgroup OOM kills</source>
            <translation>Cgroup OOM 终止数</translation>
        </message>
        <message>
            <source>Processes of the control group that the kernel has killed for lack of memory.</source>
            <translation>控制组中因内存不足被内核终止的进程数。</translation>
        </message>
        <message>
            <source>Machine memory</source>
            <translation>机器内存</translation>
        </message>
        <message>
            <source>RAM of the machine that the kernel can use.</source>
            <translation>内核可用的机器内存。</translation>
        </message>
        <message>
            <source>Machine available</source>
            <translation>机器可用内存</translation>
        </message>
        <message>
            <source>Memory that new work can get without swapping, by the kernel's estimate. Source: MemAvailable.</source>
            <translation>按内核估计，新任务不用交换即可得到的内存。来源：MemAvailable。</translation>
        </message>
        <message>
            <source>Machine swap used</source>
            <translation>机器已用交换</translation>
        </message>
        <message>
            <source>Swap in use on the machine, by everybody.</source>
            <translation>整台机器正在使用的交换区。</translation>
        </message>
        <message>
            <source>Python blocks</source>
            <translation>Python 块</translation>
        </message>
        <message>
            <source>Blocks that Python's small-object allocator has handed out; rises by about one per live small object. Source: sys.getallocatedblocks.</source>
            <translation>Python 小对象分配器已分出的块；每个存活的小对象约增加一块。来源：sys.getallocatedblocks。</translation>
        </message>
        <message>
            <source>Garbage collections</source>
            <translation>垃圾回收次数</translation>
        </message>
        <message>
            <source>Runs of the garbage collector, all generations. Source: gc.get_stats.</source>
            <translation>垃圾回收器的运行次数，各代合计。来源：gc.get_stats。</translation>
        </message>
        <message>
            <source>Uncollectable objects</source>
            <translation>无法回收的对象</translation>
        </message>
        <message>
            <source>Objects that the collector found and could not free. Source: gc.get_stats.</source>
            <translation>回收器发现但无法释放的对象。来源：gc.get_stats。</translation>
        </message>
        <message>
            <source>Pending for collection</source>
            <translation>待回收</translation>
        </message>
        <message>
            <source>Objects made since the youngest generation was last collected, less those freed. Source: gc.get_count.</source>
            <translation>自上次回收最年轻一代以来创建的对象，减去已释放的。来源：gc.get_count。</translation>
        </message>
        <message>
            <source>Allocated</source>
            <translation>已分配</translation>
        </message>
        <message>
            <source>Device memory in live tensors, by the caching allocator. Leaves out its cache, the context and libraries.</source>
            <translation>存活张量占用的设备内存，由缓存分配器统计。不含其缓存、上下文和库。</translation>
        </message>
        <message>
            <source>Allocated peak</source>
            <translation>已分配峰值</translation>
        </message>
        <message>
            <source>Highest allocated memory since the peaks were last reset.</source>
            <translation>自上次重置峰值以来已分配内存的最高值。</translation>
        </message>
        <message>
            <source>Reserved</source>
            <translation>已保留</translation>
        </message>
        <message>
            <source>Device memory that the caching allocator holds: allocated memory and its cache.</source>
            <translation>缓存分配器持有的设备内存：已分配内存及其缓存。</translation>
        </message>
        <message>
            <source>Reserved peak</source>
            <translation>已保留峰值</translation>
        </message>
        <message>
            <source>Highest reserved memory since the peaks were last reset.</source>
            <translation>自上次重置峰值以来已保留内存的最高值。</translation>
        </message>
        <message>
            <source>Active</source>
            <translation>活动</translation>
        </message>
        <message>
            <source>Allocated memory and blocks that were freed but still wait for a stream.</source>
            <translation>已分配内存，以及已释放但仍在等待流的块。</translation>
        </message>
        <message>
            <source>Inactive split</source>
            <translation>不活动分块</translation>
        </message>
        <message>
            <source>Free parts of segments of which other parts are in use; emptying the cache cannot return them. A measure of fragmentation.</source>
            <translation>部分在用的段中的空闲部分；清空缓存无法归还它们。这是碎片程度的度量。</translation>
        </message>
        <message>
            <source>Allocation retries</source>
            <translation>分配重试</translation>
        </message>
        <message>
            <source>Allocations that succeeded only after the cache was flushed.</source>
            <translation>刷新缓存后才成功的分配次数。</translation>
        </message>
        <message>
            <source>Out-of-memory errors</source>
            <translation>内存不足错误</translation>
        </message>
        <message>
            <source>Out-of-memory errors that the caching allocator has raised.</source>
            <translation>缓存分配器报出的内存不足错误数。</translation>
        </message>
        <message>
            <source>Device used</source>
            <translation>设备已用</translation>
        </message>
        <message>
            <source>Memory of the whole device in use, by all processes, contexts and libraries included. Source: cudaMemGetInfo or NVML.</source>
            <translation>整个设备已用的内存，包括所有进程、上下文和库。来源：cudaMemGetInfo 或 NVML。</translation>
        </message>
        <message>
            <source>Device capacity</source>
            <translation>设备容量</translation>
        </message>
        <message>
            <source>Memory that the device has.</source>
            <translation>设备拥有的内存。</translation>
        </message>
        <message>
            <source>Process on device</source>
            <translation>进程占用设备</translation>
        </message>
        <message>
            <source>Device memory of this process and its descendants as the driver counts it, context included. Source: NVML.</source>
            <translation>驱动统计的此进程及其后代占用的设备内存，含上下文。来源：NVML。</translation>
        </message>
        <message>
            <source>Device utilization</source>
            <translation>设备利用率</translation>
        </message>
        <message>
            <source>Share of the last sample period in which a kernel ran on the device. Source: NVML.</source>
            <translation>上一采样周期内设备上有内核运行的时间比例。来源：NVML。</translation>
        </message>
        <message>
            <source>Pinned in use</source>
            <translation>锁页已用</translation>
        </message>
        <message>
            <source>Page-locked host memory in live tensors, by the caching host allocator.</source>
            <translation>存活张量占用的锁页主机内存，由缓存主机分配器统计。</translation>
        </message>
        <message>
            <source>Pinned held</source>
            <translation>锁页持有</translation>
        </message>
        <message>
            <source>Page-locked host memory that the caching host allocator holds, its free blocks included.</source>
            <translation>缓存主机分配器持有的锁页主机内存，包括空闲块。</translation>
        </message>
        <message>
            <source>Step time</source>
            <translation>步耗时</translation>
        </message>
        <message>
            <source>Mean time from one optimizer step to the next, over the steps since the last sample.</source>
            <translation>自上次采样以来，相邻两次优化器步之间的平均时间。</translation>
        </message>
        <message>
            <source>Agent cost</source>
            <translation>代理开销</translation>
        </message>
        <message>
            <source>Processor time that the agent's thread used for the last sample, sending it included.</source>
            <translation>代理线程为上一次采样所用的处理器时间，包括发送。</translation>
        </message>
        <message>
            <source>Agent memory</source>
            <translation>代理内存</translation>
        </message>
        <message>
            <source>Memory that the agent's ring and queues hold inside the target. Leaves out its code.</source>
            <translation>代理的环形缓冲和队列在目标内占用的内存。不含其代码。</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>参数</translation>
        </message>
        <message>
            <source>Parameters of the models that the optimizers train, frozen ones included; host memory, each storage once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.</source>
            <translation>优化器所训练模型的参数，包括冻结的；主机内存，每个存储只计一次。每 5 秒或更久查看一次，在步边界上，仅在有人连接时。</translation>
        </message>
        <message>
            <source>Gradients</source>
            <translation>梯度</translation>
        </message>
        <message>
            <source>Gradients of these parameters, as they are right after an optimizer step; host memory, each storage once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.</source>
            <translation>这些参数的梯度，优化器步刚结束时的大小；主机内存，每个存储只计一次。每 5 秒或更久查看一次，在步边界上，仅在有人连接时。</translation>
        </message>
        <message>
            <source>Optimizer state</source>
            <translation>优化器状态</translation>
        </message>
        <message>
            <source>Tensors in the state of the optimizers that were seen stepping; host memory, each storage once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.</source>
            <translation>已见到执行过步的优化器状态中的张量；主机内存，每个存储只计一次。每 5 秒或更久查看一次，在步边界上，仅在有人连接时。</translation>
        </message>
        <message>
            <source>Buffers</source>
            <translation>缓冲区</translation>
        </message>
        <message>
            <source>Buffers of the models that the optimizers train; host memory, each storage once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.</source>
            <translation>优化器所训练模型的缓冲区；主机内存，每个存储只计一次。每 5 秒或更久查看一次，在步边界上，仅在有人连接时。</translation>
        </message>
        <message>
            <source>Parameters of the models that the optimizers train, frozen ones included; on this device, each storage once. Looked at as its counterpart on the host is.</source>
            <translation>优化器所训练模型的参数，包括冻结的；在此设备上，每个存储只计一次。与主机上的对应指标同时查看。</translation>
        </message>
        <message>
            <source>Gradients of these parameters, as they are right after an optimizer step; on this device, each storage once. Looked at as its counterpart on the host is.</source>
            <translation>这些参数的梯度，优化器步刚结束时的大小；在此设备上，每个存储只计一次。与主机上的对应指标同时查看。</translation>
        </message>
        <message>
            <source>Tensors in the state of the optimizers that were seen stepping; on this device, each storage once. Looked at as its counterpart on the host is.</source>
            <translation>已见到执行过步的优化器状态中的张量；在此设备上，每个存储只计一次。与主机上的对应指标同时查看。</translation>
        </message>
        <message>
            <source>Buffers of the models that the optimizers train; on this device, each storage once. Looked at as its counterpart on the host is.</source>
            <translation>优化器所训练模型的缓冲区；在此设备上，每个存储只计一次。与主机上的对应指标同时查看。</translation>
        </message>
        <message>
            <source>Pool in use</source>
            <translation>池已用</translation>
        </message>
        <message>
            <source>Bytes of a pool, cache or buffer of memgui.runtime that somebody needs now.</source>
            <translation>memgui.runtime 的内存池、缓存或缓冲区中当前有人需要的字节数。</translation>
        </message>
        <message>
            <source>Pool held</source>
            <translation>池持有</translation>
        </message>
        <message>
            <source>Bytes that a pool, cache or buffer of memgui.runtime keeps: in use, and kept for reuse.</source>
            <translation>memgui.runtime 的内存池、缓存或缓冲区持有的字节数：在用的，以及留待复用的。</translation>
        </message>
    </context>
</TS>
